package tracev1_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/exp/trace"

	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/oldgen"
	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/tracev1"
)

// read reads a trace to its end.
func read(data []byte) (events []tracev1.Event, err error) {
	r, err := tracev1.NewReader(data)
	if err != nil {
		return nil, err
	}
	if err := r.Cut(); err != nil {
		return nil, err
	}
	for ; r.Event() != nil; r.Next() {
		e := *r.Event()
		if e.Stack != 0 && len(r.Frames(e.Stack)) == 0 {
			return nil, fmt.Errorf("stack %d has no frames", e.Stack)
		}
		events = append(events, e)
	}
	return events, r.Err()
}

// traces returns recorded and synthetic traces of all versions.
func traces(t testing.TB) map[string][]byte {
	all := make(map[string][]byte)
	for _, tr := range recorded.Old() {
		data, err := tr.Bytes()
		require.NoError(t, err)
		all[tr.String()] = data
	}
	for _, v := range []int{11, 19, 21} {
		all[fmt.Sprintf("synthetic go1.%d", v)] = oldgen.Random(1, oldgen.Shape{Version: v, Procs: 4, Goroutines: 20, Events: 3000})
	}
	return all
}

// TestReader: there is one event for each of the reference's, at its time, and none of its
// made-up Ps.
func TestReader(t *testing.T) {
	for name, data := range traces(t) {
		t.Run(name, func(t *testing.T) {
			events, err := read(data)
			require.NoError(t, err)
			again, err := read(data)
			require.NoError(t, err)
			require.Equal(t, events, again, "the same bytes give the same events")

			ref, err := trace.NewReader(bytes.NewReader(data))
			require.NoError(t, err)
			for i := 0; ; {
				ev, err := ref.ReadEvent()
				if errors.Is(err, io.EOF) {
					require.Len(t, events, i)
					break
				}
				require.NoError(t, err)
				if ev.Kind() == trace.EventSync {
					continue
				}
				e := events[i]
				i++
				require.EqualValues(t, ev.Time(), e.Time)
				require.Less(t, e.P, int64(4))
				require.Equal(t, ev.Kind() == trace.EventStateTransition, e.Kind == tracev1.GoTransition || e.Kind == tracev1.ProcTransition)
			}
		})
	}
}

// TestTimers: of Go 1.13 and older, the timers' own goroutine wakes and creates. Nobody's
// does, is what is said of it.
func TestTimers(t *testing.T) {
	w := oldgen.New(11)
	stack := w.Stack(oldgen.Frame{PC: 1, Func: "runtime.timerproc"})
	w.Event(0, 10, oldgen.GoCreate, 7, stack, 0)
	w.Event(0, 11, oldgen.GoWaiting, 7)
	w.Event(0, 12, oldgen.GoCreate, 8, stack, 0)
	w.Event(0, 13, oldgen.GoWaiting, 8)
	w.Event(0, 14, oldgen.ProcStart, 0)
	w.Event(0, 15, oldgen.Gomaxprocs, 1, 0)
	w.Event(0, 16, oldgen.GoUnblock, 7, 2, 0)
	w.Event(0, 17, oldgen.GoStart, 7, 3)
	w.Event(0, 18, oldgen.GoUnblock, 8, 2, stack)
	w.Event(0, 19, oldgen.GoCreate, 9, stack, stack)
	w.Timer(7)
	events, err := read(w.Bytes())
	require.NoError(t, err)
	var woken, created *tracev1.Event
	for i := range events {
		switch e := &events[i]; {
		case e.Goroutine == 8 && e.From == tracev1.GoWaiting:
			woken = e
		case e.From == tracev1.GoNotExist:
			created = e
		}
	}
	require.True(t, woken.Timer)
	require.Zero(t, woken.G)
	require.Zero(t, woken.Stack)
	require.EqualValues(t, tracev1.None, woken.P)
	require.True(t, created.Timer)
	require.Zero(t, created.G)
	require.NotZero(t, created.Start)
}

// TestInstant: the end of a system call that kept its P is not in the trace.
func TestInstant(t *testing.T) {
	for name, data := range traces(t) {
		events, err := read(data)
		require.NoError(t, err)
		instants := 0
		for _, e := range events {
			require.Equal(t, e.From == tracev1.GoSyscall && e.To == tracev1.GoRunning, e.Instant, name)
			if e.Instant {
				instants++
			}
		}
		require.Positive(t, instants, name)
	}
}

func TestErrors(t *testing.T) {
	good := oldgen.Random(1, oldgen.Shape{Version: 21, Procs: 2, Events: 300})
	header := good[:16]
	with := func(more ...byte) []byte { return append(append([]byte{}, header...), more...) }
	contradiction := oldgen.New(21)
	contradiction.Event(0, 1, oldgen.ProcStart, 0)
	contradiction.Event(0, 2, oldgen.GoStart, 5, 7)
	noString := oldgen.New(21)
	noString.Event(0, 1, oldgen.ProcStart, 0)
	noString.Event(0, 2, oldgen.GoCreate, 5, 0, 0)
	noString.Event(0, 3, oldgen.GoStart, 5, 1)
	noString.Event(0, 4, oldgen.UserRegion, 1, 0, 12345, 0)
	for _, test := range []struct {
		name   string
		data   []byte
		offset int64
		says   string
	}{
		{"nothing", nil, 0, "how fast its clock runs"},
		{"header", header, 16, "how fast its clock runs"},
		{"type 0", with(0), 16, "unknown type 0"},
		{"type 63", with(63), 16, "unknown type 63"},
		{"no batch", with(5, 1, 1), 16, "outside of any batch"},
		{"batch", with(1, 1), 16, "has not two numbers"},
		{"number", with(1|1<<6, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1), 16, "more than 64 bits"},
		{"cut in a number", with(1|1<<6, 0, 255), 16, "let runtime/trace.Stop return"},
		{"cut in a string", with(37, 1, 200, 'x'), 16, "ends in the middle of an event"},
		{"cut in a stack", with(1|1<<6, 0, 0, 3|3<<6, 100, 1, 1), 19, "ends in the middle of an event"},
		{"cut at the end", good[:len(good)-1], int64(bytes.LastIndexByte(good, byte(oldgen.Stack)|3<<6)), "ends in the middle of an event"},
		{"contradiction", contradiction.Bytes(), tracev1.Unplaced, "contradict each other: no consistent ordering"},
		{"string that is not there", noString.Bytes(), tracev1.Unplaced, "x/exp/trace panicked: expected id 12345"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := read(test.data)
			var e *tracev1.Error
			require.ErrorAs(t, err, &e)
			require.Equal(t, test.offset, e.Offset, err)
			require.ErrorContains(t, err, test.says)
			require.NotEmpty(t, e.Advice)
		})
	}
}

// TestPrefixes: a trace that is not whole is an error, wherever it is cut. Where only stacks
// are missing, which come last, its events are there.
func TestPrefixes(t *testing.T) {
	data := oldgen.Random(1, oldgen.Shape{Version: 19, Procs: 2, Events: 60})
	whole, err := read(data)
	require.NoError(t, err)
	readable := 0
	for n := range data {
		var e *tracev1.Error
		r, err := tracev1.NewReader(data[:n])
		if err == nil {
			readable++
			err = r.Cut()
			events := 0
			for ; r.Event() != nil; r.Next() {
				events++
			}
			require.NoError(t, r.Err())
			require.Len(t, whole, events)
		}
		require.ErrorAs(t, err, &e, n)
		require.True(t, 0 <= e.Offset && e.Offset <= int64(n), "%d: %v", n, err)
		require.ErrorContains(t, err, "cut")
	}
	require.Greater(t, readable, 100)
}

// TestBounds: what is too much is an error before memory is taken for it.
func TestBounds(t *testing.T) {
	header := "go 1.21 trace\x00\x00\x00"
	batch := "\x41\x00\x00"
	stacks := batch + "\xc3\x04\x01\xff\xff\x7f" // of two million frames, which are not there
	for _, test := range []struct {
		name, data, says string
	}{
		{"bytes", header + strings.Repeat("\x06\x00", limits.OldTraceBytes/2), "MiB"},
		{"events", header + batch + strings.Repeat("\x06\x00", limits.OldEvents+1), "events"},
		{"strings", header + strings.Repeat("\x25\x01\x01x", limits.OldTables+1), "strings and stacks"},
		{"frames", header + strings.Repeat(stacks, 5), "frames"},
		{"goroutines", header + batch + strings.Repeat("\xcd\x04\x00\x01\x00\x00", limits.Goroutines+1), "goroutines"},
	} {
		t.Run(test.name, func(t *testing.T) {
			data := []byte(test.data)
			var err error
			allocs := testing.AllocsPerRun(1, func() { _, err = tracev1.NewReader(data) })
			require.ErrorContains(t, err, test.says)
			require.ErrorContains(t, err, "record for a shorter time")
			require.Less(t, allocs, 100.0)
		})
	}
	t.Run("goroutines at the beginning", func(t *testing.T) {
		w := oldgen.New(21)
		for g := range uint64(limits.OldListed + 1) {
			w.Event(0, g, oldgen.GoCreate, g+1, 0, 0)
		}
		_, err := tracev1.NewReader(w.Bytes())
		require.ErrorContains(t, err, "goroutines were there when it began")
	})
	t.Run("goroutines later on", func(t *testing.T) {
		w := oldgen.New(21)
		w.Event(0, 1, oldgen.ProcStart, 0)
		w.Event(0, 2, oldgen.Gomaxprocs, 1, 0)
		for g := range uint64(limits.OldListed + 1) {
			w.Event(0, 3+g, oldgen.GoCreate, g+1, 0, 0)
		}
		r, err := tracev1.NewReader(w.Bytes())
		require.NoError(t, err)
		n := 0
		for ; r.Event() != nil; r.Next() {
			n++
		}
		require.Equal(t, limits.OldListed+2, n)
	})
	t.Run("as many goroutines at the beginning as there may be", func(t *testing.T) {
		w := oldgen.New(21)
		for g := range uint64(limits.OldListed) {
			w.Event(0, g, oldgen.GoCreate, g+1, 0, 0)
		}
		w.Event(0, limits.OldListed, oldgen.Gomaxprocs, 1, 0)
		r, err := tracev1.NewReader(w.Bytes())
		require.NoError(t, err)
		for g := range uint64(limits.OldListed) {
			require.Equal(t, g+1, r.Event().Goroutine)
			r.Next()
		}
		require.Nil(t, r.Event())
	})
	t.Run("Ps", func(t *testing.T) {
		w := oldgen.New(21)
		for p := range uint64(limits.OldProcs + 1) {
			w.Event(p, 1, oldgen.ProcStart, 0)
		}
		_, err := tracev1.NewReader(w.Bytes())
		require.ErrorContains(t, err, "more than 1024 Ps")
	})
}
