package tracegen

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"golang.org/x/exp/trace"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// readAll reads a trace to its end with the reference reader.
func readAll(data []byte) ([]trace.Event, error) {
	r, err := trace.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	var events []trace.Event
	for {
		e, err := r.ReadEvent()
		if errors.Is(err, io.EOF) {
			return events, nil
		}
		if err != nil {
			return events, err
		}
		events = append(events, e)
	}
}

// checkReference fails unless the reference reads the trace to its end and
// every transition begins in the state that the one before ended in.
func checkReference(t *testing.T, data []byte) []trace.Event {
	t.Helper()
	events, err := readAll(data)
	if err != nil {
		t.Fatalf("after %d events the reference says: %.2000s", len(events), err)
	}
	if err := checkTransitions(events); err != nil {
		t.Fatal(err)
	}
	return events
}

func checkTransitions(events []trace.Event) error {
	gs := make(map[trace.GoID]trace.GoState)
	ps := make(map[trace.ProcID]trace.ProcState)
	for _, e := range events {
		if e.Kind() != trace.EventStateTransition {
			continue
		}
		switch tr := e.StateTransition(); tr.Resource.Kind {
		case trace.ResourceGoroutine:
			id := tr.Resource.Goroutine()
			from, to := tr.Goroutine()
			if was, ok := gs[id]; ok && was != from {
				return fmt.Errorf("goroutine %d was %s: %s", id, was, e)
			}
			gs[id] = to
			if to == trace.GoNotExist {
				delete(gs, id)
			}
		case trace.ResourceProc:
			id := tr.Resource.Proc()
			from, to := tr.Proc()
			if was, ok := ps[id]; ok && was != from {
				return fmt.Errorf("P %d was %s: %s", id, was, e)
			}
			ps[id] = to
		}
	}
	return nil
}

// eachGeneration cuts a trace into its generations.
func eachGeneration(t *testing.T, data []byte, each func(*wire.Generation)) {
	t.Helper()
	s := wire.Splitter{Emit: func(raw wire.Raw) {
		g, err := wire.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		each(g)
	}}
	if _, err := s.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
