package timeline

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/oldgen"
)

// FuzzOld: whatever the bytes are, following them neither panics nor takes more memory
// than they account for, moments increase, and no duration is negative.
func FuzzOld(f *testing.F) {
	for _, v := range oldVersions {
		for seed := range uint64(3) {
			f.Add(oldgen.Random(seed, oldgen.Shape{Version: v, Procs: 1 + int(seed), Events: 80}))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		code := detectors.NewCode()
		last := detectors.Time(-1)
		tl := New(code, []Observer{{Observes: allKinds, Observe: func(o *detectors.Observation) {
			require.Greater(t, o.Time, last)
			last = o.Time
			require.False(t, o.Known && o.Duration < 0, "%+v", o)
			for _, id := range []detectors.StackID{o.Stack, o.ByStack} {
				_ = code.Site(code.Stack(id).Site).String()
			}
		}}})
		tl.OnPanic = func(_ int, v any, stack []byte) { t.Fatalf("%v\n%s", v, stack) }
		windows := uint64(0)
		used := allocated(func() {
			_ = eachWindow(data, tl, func(w detectors.Window) {
				windows++
				require.Equal(t, windows, w.Generation)
				require.GreaterOrEqual(t, w.Duration(), time.Duration(0))
			})
		})
		// What the reader of it takes for each byte is what FuzzReader of package tracev1
		// looks at; a P's number can make room for all there may be.
		if limit := uint64(96<<20 + 4096*len(data)); used > limit {
			t.Fatalf("%d bytes allocated for %d, more than %d", used, len(data), limit)
		}
	})
}
