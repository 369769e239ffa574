package tracewatch

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// TestWhatWasReadBefore: an engine that has read another trace of the program, and then meets
// a generation that does not follow, says what a fresh one says.
func TestWhatWasReadBefore(t *testing.T) {
	var n tally
	for _, v := range versions {
		before := split(t, troubled{version: v}.play())
		for name, then := range map[string]func(e *engine) error{
			"a gap":               func(*engine) error { return nil },
			"all was forgotten":   func(e *engine) error { e.tl.Forget(); return nil },
			"the first once more": func(e *engine) error { _, err := e.feed(before[0]); return err },
			"what is none": func(e *engine) error {
				_, err := e.feed(wire.Raw{Version: v, Number: 10, Data: []byte("no batch")})
				return noError(err)
			},
		} {
			for _, healthy := range []bool{false, true} {
				what := fmt.Sprintf("%s go1.%d after another trace and %s", healthyOrNot(healthy), v, name)
				fresh, got := freshAndNot(t, troubled{version: v, healthy: healthy}, before, then)
				n.add(t, what, requireSameJudged(t, fresh, got, what))
			}
		}
	}
	n.done(t, "after another trace")
}

// TestBrokenOffBefore: what was observed in a generation that broke off is not taken for what
// happened in the next window. What is left of that one, if the two cannot be told apart, may
// be less than there was, so that something is found later than it would have been.
func TestBrokenOffBefore(t *testing.T) {
	const lookBack = 10 // windows, of the detectors that are told of single events
	var n tally
	for _, v := range versions {
		before := split(t, troubled{version: v}.play())
		for _, last := range []int{3, len(before) - 1} { // goroutines are preempted in the one, and in the other are not
			for _, healthy := range []bool{false, true} {
				what := fmt.Sprintf("%s go1.%d after generation %d broke off", healthyOrNot(healthy), v, before[last].Number)
				fresh, got := freshAndNot(t, troubled{version: v, healthy: healthy, windows: lookBack + 3}, before[:last], func(e *engine) error {
					_, err := e.feed(brokenOff(before[last]))
					return noError(err)
				})
				for i := range lookBack {
					require.Subset(t, kinds(fresh[i]), kinds(got[i]), "%s: window %d", what, i)
				}
				n.add(t, what, requireSameJudged(t, fresh[lookBack:], got[lookBack:], what))
			}
		}
	}
	n.done(t, "after a generation that broke off")
}

// freshAndNot lets a fresh engine judge a trace, and one that has read another one before and
// then something else. How much was seen and lost before is told with the anomalies, and is
// left out here.
func freshAndNot(t *testing.T, c troubled, before []wire.Raw, then func(*engine) error) (fresh, not []judged) {
	t.Helper()
	c.first, c.begins = 1_000, 200*time.Second
	now := split(t, c.play())
	fresh = judges(t, engineOf(t, follow()...), now, tracegen.Names{})
	e := engineOf(t, follow()...)
	judges(t, e, before, tracegen.Names{})
	require.NoError(t, then(e))
	not = judges(t, e, now, tracegen.Names{})
	for i := range fresh {
		fresh[i].quality = nil
	}
	for i := range not {
		not[i].quality = nil
	}
	return fresh, not
}

// kinds returns those of the anomalies of a window.
func kinds(j judged) (all []string) {
	for _, f := range j.found {
		kind, _, _ := strings.Cut(f, ",")
		all = append(all, kind)
	}
	return all
}

func healthyOrNot(healthy bool) string {
	if healthy {
		return "silent: healthy"
	}
	return "troubled"
}

// noError is an error if there was none.
func noError(err error) error {
	if err == nil {
		return errors.New("there was no error")
	}
	return nil
}

// brokenOff is a generation to which, after all that it has, an event was added that cannot
// be.
func brokenOff(raw wire.Raw) wire.Raw {
	data, end := raw.Data, []byte(nil)
	if raw.Version >= wire.Go126 {
		data, end = data[:len(data)-1], data[len(data)-1:]
	}
	const nobody = 5_000 // a thread that has no P
	event := []byte{byte(wire.EvProcStop), 1}
	raw.Data = append(tracegen.AppendBatch(slices.Clone(data), raw.Number, nobody, 1<<40, event), end...)
	return raw
}
