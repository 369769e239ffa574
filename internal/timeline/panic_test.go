package timeline

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// panicked is what OnPanic was told.
type panicked struct {
	observer int
	value    any
	stack    string
}

// readWith reads a trace for these observers.
func readWith(t *testing.T, code *detectors.Code, data []byte, observers []Observer, onPanic func(*Timeline, panicked)) {
	t.Helper()
	tl := New(code, observers)
	if onPanic != nil {
		tl.OnPanic = func(i int, v any, stack []byte) { onPanic(tl, panicked{i, v, string(stack)}) }
	}
	r := (&hearing{code: code, tl: tl}).read(data)
	require.NoError(t, r.err)
}

// TestObserversPanic: three observers, of which the middle one panics at times. It
// misses nothing but what it panicked at, the others miss nothing, and nobody is told
// anything twice.
func TestObserversPanic(t *testing.T) {
	for _, v := range versions {
		data := tracegen.Random(1, tracegen.Shape{Version: v, Events: 500})
		want, err := tell(data)
		require.NoError(t, err)
		for _, every := range []int{1, 2, 3, 7, len(want)} {
			code := detectors.NewCode()
			var before, after, middle []told
			var panics []panicked
			tellMiddle := teller(code, func(x told) { middle = append(middle, x) })
			readWith(t, code, data, []Observer{
				{Observes: allKinds, Observe: teller(code, func(x told) { before = append(before, x) })},
				{Observes: allKinds, Observe: func(o *detectors.Observation) {
					tellMiddle(o)
					if len(middle)%every == 0 {
						panic(len(middle))
					}
				}},
				{Observes: allKinds, Observe: teller(code, func(x told) { after = append(after, x) })},
			}, func(_ *Timeline, p panicked) { panics = append(panics, p) })
			require.Equal(t, want, before, "go1.%d, every %d", v, every)
			require.Equal(t, want, middle, "go1.%d, every %d", v, every)
			require.Equal(t, want, after, "go1.%d, every %d", v, every)
			require.Len(t, panics, len(want)/every)
			for i, p := range panics {
				require.Equal(t, 1, p.observer)
				require.Equal(t, (i+1)*every, p.value)
				require.Contains(t, p.stack, "panic_test.go")
				require.LessOrEqual(t, len(p.stack), limits.PanicStackBytes)
			}
		}
	}
}

// TestPanicWithoutListener: nobody has to listen.
func TestPanicWithoutListener(t *testing.T) {
	data := tracegen.Random(1, tracegen.Shape{Events: 100})
	want, err := tell(data)
	require.NoError(t, err)
	code := detectors.NewCode()
	var got []told
	readWith(t, code, data, []Observer{
		{Observes: allKinds, Observe: func(*detectors.Observation) { panic("always") }},
		{Observes: allKinds, Observe: teller(code, func(x told) { got = append(got, x) })},
	}, nil)
	require.Equal(t, want, got)
}

// TestSwitchOff: an observer that is switched off is not told any more; the others are.
func TestSwitchOff(t *testing.T) {
	data := tracegen.Random(1, tracegen.Shape{Events: 1_000})
	want, err := tell(data)
	require.NoError(t, err)
	code := detectors.NewCode()
	var got []told
	calls, panics := 0, 0
	readWith(t, code, data, []Observer{
		{Observes: allKinds, Observe: func(*detectors.Observation) {
			if calls++; calls > 10 {
				panic("from now on")
			}
		}},
		{Observes: allKinds, Observe: teller(code, func(x told) { got = append(got, x) })},
	}, func(tl *Timeline, p panicked) {
		if panics++; panics == 3 {
			tl.SwitchOff(p.observer)
		}
	})
	require.Equal(t, want, got)
	require.Equal(t, 3, panics)
	require.Equal(t, 13, calls)
}

// TestVandal: an observer that changes what it is told and then panics is the one that
// is blamed, whatever it wrote.
func TestVandal(t *testing.T) {
	data := tracegen.Random(1, tracegen.Shape{Events: 100})
	panics := 0
	readWith(t, detectors.NewCode(), data, []Observer{
		{Observes: detectors.Set(detectors.GoStart), Observe: func(*detectors.Observation) {}},
		{Observes: allKinds, Observe: func(o *detectors.Observation) {
			o.Kind = 255
			panic("vandal")
		}},
	}, func(_ *Timeline, p panicked) {
		panics++
		require.Equal(t, 1, p.observer)
	})
	require.NotZero(t, panics)
}

// TestObserversAreAsked: each is told what it wants, in their order.
func TestObserversAreAsked(t *testing.T) {
	w := tracegen.NewWorld(wire.Go126)
	m := w.Thread(100, w.Proc(0))
	g := w.Goroutine(1, wire.GoRunnable, 0)
	m.Start(10_000, g)
	m.Preempt(20_000, 0)
	m.Start(30_000, g)
	m.End(40_000)
	var got []string
	note := func(name string) func(*detectors.Observation) {
		return func(o *detectors.Observation) { got = append(got, name+" "+goStateNames[o.To]) }
	}
	readWith(t, detectors.NewCode(), w.Bytes(), []Observer{
		{Observes: detectors.Set(detectors.GoStart, detectors.GoEnd), Observe: note("a")},
		{Observes: detectors.Set(detectors.GoEnd, detectors.GoPreempt), Observe: note("b")},
		{Observe: note("nobody")},
	}, nil)
	require.Equal(t, []string{"a Running", "b Runnable", "a Running", "a NotExist", "b NotExist"}, got)
}
