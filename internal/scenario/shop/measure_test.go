package shop

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime/trace"
	"slices"
	"strings"
	"testing"
	"time"

	xtrace "golang.org/x/exp/trace"
)

// measurement is what a trace says about the anomalies that the faults are. It counts every
// goroutine except the runtime's own.
type measurement struct {
	elapsed time.Duration

	delays []time.Duration // from runnable to running

	assists       []time.Duration // wall time
	assistsAtSite []time.Duration // those with GCAssist's site in their stack
	assistParks   []time.Duration // the waits inside assists
	assistR       float64         // Pearson's, between allocation rate and assist time
	assistRAtSite float64         // the same, of the assists at the site alone

	inFlight []time.Duration // network waits with the store driver's site in their stack

	runs        []time.Duration // from running to any stop
	longestRun  string
	runsAtSite  []time.Duration // those that stopped with Preempt's site in their stack
	preemptions map[string]int  // by site

	created, ended map[string]int // by start function

	pauses map[string][]time.Duration // stop-the-world by kind

	stacks map[string]string // the first stack seen at each interesting transition
}

// capture runs the execution tracer for d.
func capture(t *testing.T, d time.Duration) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := trace.Start(&buf); err != nil {
		t.Fatal(err)
	}
	time.Sleep(d)
	trace.Stop()
	return buf.Bytes()
}

// measure reads a trace.
func measure(t *testing.T, data []byte) *measurement {
	t.Helper()
	in, err := xtrace.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	a := newAnalysis()
	for {
		e, err := in.ReadEvent()
		if errors.Is(err, io.EOF) {
			return a.finish()
		}
		if err != nil {
			t.Fatal(err)
		}
		a.event(e)
	}
}

// alive returns how many goroutines that start in f were created and did not end.
func (m *measurement) alive(f string) int { return m.created[f] - m.ended[f] }

// perSecond returns the rate of something that happened n times.
func (m *measurement) perSecond(n int) float64 { return float64(n) / m.elapsed.Seconds() }

// String is a table for people.
func (m *measurement) String() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("sched delay: n=%d mean=%v p50=%v p99=%v max=%v", len(m.delays),
		mean(m.delays), quantileOf(m.delays, 0.5), quantileOf(m.delays, 0.99), quantileOf(m.delays, 1))
	line("assists: n=%d (at site %d) p50=%v p99=%v max=%v, over 1ms %d, over 15ms %d; parks %d p99=%v; r=%.2f (at site %.2f)",
		len(m.assists), len(m.assistsAtSite), quantileOf(m.assists, 0.5), quantileOf(m.assists, 0.99), quantileOf(m.assists, 1),
		over(m.assists, time.Millisecond), over(m.assists, 15*time.Millisecond),
		len(m.assistParks), quantileOf(m.assistParks, 0.99), m.assistR, m.assistRAtSite)
	line("in flight: n=%d p50=%v p99=%v max=%v, over 50ms %d", len(m.inFlight),
		quantileOf(m.inFlight, 0.5), quantileOf(m.inFlight, 0.99), quantileOf(m.inFlight, 1), over(m.inFlight, 50*time.Millisecond))
	line("runs: over 10ms %d, over 30ms %d (at site %d), longest %s", over(m.runs, 10*time.Millisecond),
		over(m.runs, 30*time.Millisecond), over(m.runsAtSite, 30*time.Millisecond), m.longestRun)
	preemptions := 0
	for _, n := range m.preemptions {
		preemptions += n
	}
	line("preemptions: %.1f/s %v", m.perSecond(preemptions), m.preemptions)
	for _, f := range slices.Sorted(maps.Keys(m.created)) {
		if n := m.alive(f); n > 3 || m.created[f] > 50 {
			line("goroutines: %s +%d -%d", f, m.created[f], m.ended[f])
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(m.pauses)) {
		line("%s: n=%d max=%v", kind, len(m.pauses[kind]), quantileOf(m.pauses[kind], 1))
	}
	for _, what := range slices.Sorted(maps.Keys(m.stacks)) {
		line("stack, %s: %s", what, m.stacks[what])
	}
	return b.String()
}
