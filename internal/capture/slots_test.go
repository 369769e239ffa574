package capture

import (
	"io"
	"runtime/trace"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

func ignore(wire.Raw) {}

// A guest leaves as soon as somebody else needs its slot, and is asked once.
func TestGuestLeaves(t *testing.T) {
	for name, intake := range map[string]func() (Intake, func(leave func())){
		"stream": func() (Intake, func(func())) {
			s := NewStream(1 << 20)
			return s, func(leave func()) { s.Leave = leave }
		},
		"snapshot": func() (Intake, func(func())) {
			s := NewSnapshot(1 << 20)
			return s, func(leave func()) { s.Leave = leave }
		},
	} {
		t.Run(name, func(t *testing.T) {
			guest, setLeave := intake()
			left := 0
			setLeave(func() {
				left++
				require.NoError(t, guest.Stop(ignore))
			})
			require.NoError(t, guest.Start())
			host, _ := intake()
			require.NoError(t, host.Start())
			require.Equal(t, 1, left)

			second, _ := intake()
			require.ErrorIs(t, second.Start(), ErrTaken, "the host is no guest")
			require.Equal(t, 1, left)
			require.NoError(t, host.Stop(ignore))
			require.NoError(t, second.Start())
			require.NoError(t, second.Stop(ignore))

			// One that has departed is not asked.
			require.NoError(t, guest.Start())
			require.NoError(t, Depart(guest, ignore))
			require.NoError(t, host.Start())
			require.NoError(t, host.Stop(ignore))
			require.Equal(t, 1, left)
		})
	}
}

// A slot that the program itself has taken is not a guest's.
func TestTakenByProgram(t *testing.T) {
	require.NoError(t, trace.Start(io.Discard))
	defer trace.Stop()
	require.ErrorIs(t, NewStream(1<<20).Start(), ErrTaken)
}
