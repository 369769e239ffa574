package recorded_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/exp/trace"
)

// A summary is what the tests want to know of a trace.
type summary struct {
	events      int
	generations int
	goroutines  int
	kinds       map[trace.EventKind]int
	transitions map[transition]int
	waits       map[string]int  // Running to Waiting, by reason
	stops       map[string]int  // Running to Runnable, by reason
	ranges      map[string]int  // begun, by name
	tasks       map[string]int  // begun, by type
	files       map[string]bool // in any stack
	polled      map[string]bool // functions in the stacks of waits for the network
	first, last trace.Time
}

// A transition is one of a goroutine's.
type transition struct{ from, to trace.GoState }

// summarize reads the trace to its end with the reference reader.
func summarize(t *testing.T, raw []byte) *summary {
	t.Helper()
	r, err := trace.NewReader(bytes.NewReader(raw))
	require.NoError(t, err)
	s := &summary{
		// One sync stands at the start of every generation and one at the end.
		generations: -1,
		kinds:       make(map[trace.EventKind]int),
		transitions: make(map[transition]int),
		waits:       make(map[string]int),
		stops:       make(map[string]int),
		ranges:      make(map[string]int),
		tasks:       make(map[string]int),
		files:       make(map[string]bool),
		polled:      make(map[string]bool),
	}
	seen := make(map[trace.GoID]bool)
	for {
		ev, err := r.ReadEvent()
		if errors.Is(err, io.EOF) {
			s.goroutines = len(seen)
			return s
		}
		require.NoError(t, err)
		if s.events == 0 {
			s.first = ev.Time()
		}
		s.last = ev.Time()
		s.events++
		s.kinds[ev.Kind()]++
		for frame := range ev.Stack().Frames() {
			s.files[frame.File] = true
		}
		switch ev.Kind() {
		case trace.EventSync:
			s.generations++
		case trace.EventRangeBegin:
			s.ranges[ev.Range().Name]++
		case trace.EventTaskBegin:
			s.tasks[ev.Task().Type]++
		case trace.EventStateTransition:
			st := ev.StateTransition()
			if st.Resource.Kind != trace.ResourceGoroutine {
				continue
			}
			seen[st.Resource.Goroutine()] = true
			from, to := st.Goroutine()
			s.transitions[transition{from, to}]++
			switch {
			case from == trace.GoRunning && to == trace.GoWaiting:
				s.waits[st.Reason]++
				if st.Reason == "network" {
					for frame := range ev.Stack().Frames() {
						s.polled[frame.Func] = true
					}
				}
			case from == trace.GoRunning && to == trace.GoRunnable:
				s.stops[st.Reason]++
			}
		}
	}
}
