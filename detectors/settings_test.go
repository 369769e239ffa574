package detectors_test

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// Every field of every detector is a setting: negative it makes no sense.
func TestNegativeSettings(t *testing.T) {
	for _, d := range detectors.Default() {
		kind := d.Spec().Kind
		of := reflect.TypeOf(d)
		for i := range of.NumField() {
			field := of.Field(i).Name
			if of.Field(i).Type.Kind() == reflect.Slice {
				continue // of names, which are what they are
			}
			t.Run(kind+" "+field, func(t *testing.T) {
				v := reflect.New(of).Elem()
				switch f := v.Field(i); f.Kind() {
				case reflect.Float64:
					f.SetFloat(-0.5)
				default:
					f.SetInt(-1)
				}
				_, err := v.Interface().(detectors.Detector).New(detectors.NewCode())
				require.ErrorContains(t, err, "detectors: "+kind+": "+field+" is -")
			})
		}
	}
	_, err := detectors.GCAssist{P99: -1, Bucket: -1}.New(detectors.NewCode())
	require.ErrorContains(t, err, "P99", "the first")
}

// What could never be reached is an error as well.
func TestSettingsThatFindNothing(t *testing.T) {
	for want, d := range map[string]detectors.Detector{
		"gc-assist: Correlation is 1.5; it is a share":   detectors.GCAssist{Correlation: 1.5},
		"timer-storm: Share is NaN":                      detectors.TimerStorm{Share: math.NaN()},
		"preempt-rate: Rate is +Inf":                     detectors.PreemptRate{Rate: math.Inf(1)},
		"sched-delay: LookBack is 100ms; it must be":     detectors.SchedDelay{LookBack: 100 * time.Millisecond},
		"stop-the-world: LookBack is 1h0m0s; it must be": detectors.StopTheWorld{LookBack: time.Hour},
		"goroutine-leak: LookBack is 1h0m0s; it must be": detectors.GoroutineLeak{LookBack: time.Hour},
	} {
		_, err := d.New(detectors.NewCode())
		require.ErrorContains(t, err, "detectors: "+want)
	}
}

// A slow leak's goroutines must have had the time to be parked long enough.
func TestSlowLeakSettings(t *testing.T) {
	for _, c := range []struct {
		d    detectors.GoroutineLeak
		want string // "" is no error
	}{
		{detectors.GoroutineLeak{Slow: time.Minute}, "Slow is 1m0s and SlowParked 10m0s; Slow must be at least twice as long: set both"},
		{detectors.GoroutineLeak{Slow: time.Minute, SlowParked: 30 * time.Second}, ""},
		{detectors.GoroutineLeak{SlowParked: 2 * time.Hour}, "Slow is 2h0m0s and SlowParked 2h0m0s"},
		{detectors.GoroutineLeak{Rate: -1, Slow: time.Minute}, "Rate is -1"},
	} {
		_, err := c.d.New(detectors.NewCode())
		if c.want == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, "detectors: goroutine-leak: "+c.want)
		}
	}
}

func TestSpecs(t *testing.T) {
	kinds := make(map[string]bool)
	for _, d := range detectors.Default() {
		s := d.Spec()
		require.False(t, kinds[s.Kind], s.Kind)
		kinds[s.Kind] = true
		require.True(t, strings.HasSuffix(s.Doc, "."), s.Kind)
		require.Equal(t, s.Long != 0, s.AtLeast > 0, s.Kind)
	}
}

// One value serves two runs, one after the other and at once: what a run has seen is in its
// State. The value is not changed either: its zero fields still mean the default.
func TestValueKeepsNothing(t *testing.T) {
	traces := map[string][]byte{}
	traces["sched-delay"], _ = contention{windows: 3, late: late}.play(wire.Go126)
	traces["gc-assist"] = pressure{windows: 6, assists: oneTwoThree, bytes: func(i int) uint64 { return uint64(1+i%5) * megabyte }}.play(wire.Go126)
	calls := newNetwork(wire.Go126)
	calls.group(15, "net/http.(*conn).serve", phase, 3*window, calls.calls(200*time.Millisecond, tcpRead, []string{"main.query"}, underHTTP))
	traces["netpoll-block"] = calls.play(3)
	traces["preempt-rate"] = batch{windows: 3, begins: "main.serve", late: 12 * time.Millisecond, every: 5}.play(wire.Go126)
	l := newLoop(wire.Go126)
	for i := range 6 {
		l.run(100*time.Millisecond+time.Duration(i)*window/2, 50*time.Millisecond)
	}
	traces["preempt-failure"] = l.play(3)
	n := newNursery(wire.Go126)
	gives, parked := n.gives("main.handle", 42), n.Stack("runtime.chansend1", "main.request", "main.handle.func1")
	n.each(100*time.Millisecond, 0, 12*window, func(at time.Duration) { n.bear(at, gives, "chan send", parked, 0) })
	traces["goroutine-leak"] = n.play(12)

	for _, d := range detectors.Default() {
		if traces[d.Spec().Kind] == nil {
			continue
		}
		t.Run(d.Spec().Kind, func(t *testing.T) {
			before := reflect.ValueOf(d).Interface()
			first := said(watch(t, d, traces[d.Spec().Kind]))
			require.NotEmpty(t, first[len(first)-1].findings, "it finds what it is for")
			for range 5 { // maps have no order of their own
				require.Equal(t, first, said(watch(t, d, traces[d.Spec().Kind])))
			}
			require.Equal(t, before, reflect.ValueOf(d).Interface())
		})
		for kind, trace := range traces {
			if kind != d.Spec().Kind && !related(kind, d.Spec().Kind) {
				t.Run(d.Spec().Kind+" in a trace of "+kind, func(t *testing.T) { silent(t, watch(t, d, trace)) })
			}
		}
	}
}

// related are the kinds that come together: where goroutines run long, others wait.
func related(a, b string) bool {
	longRuns := func(kind string) bool { return strings.HasPrefix(kind, "preempt-") || kind == "sched-delay" }
	return longRuns(a) && longRuns(b)
}

// said is what can be compared of judgements: windows hold functions.
func said(all []judgement) []judgement {
	out := make([]judgement, len(all))
	for i, j := range all {
		out[i] = judgement{findings: j.findings, verdict: j.verdict}
	}
	return out
}
