package tracegen_test

import (
	"bytes"
	"fmt"

	"golang.org/x/exp/trace"

	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// A connection's goroutine gets data after 1 ms and has to wait another 0.4 ms
// for the P, which a loop keeps busy.
func ExampleWorld() {
	w := tracegen.NewWorld(wire.Go126)
	w.ClockUnit(1)
	p := w.Proc(0)
	m, poller := w.Thread(100, p), w.Thread(101)
	loop := w.Goroutine(1, wire.GoRunnable, w.Stack("main.loop"))
	serve := w.Goroutine(2, wire.GoWaiting, w.Stack("net.(*conn).Read", "main.serve"))

	m.Start(200_000, loop)
	poller.NetpollUnblock(1_000_000, serve)
	m.Preempt(1_300_000, w.Stack("main.loop"))
	m.Start(1_400_000, serve)
	m.Block(1_500_000, "network", w.Stack("net.(*conn).Read", "main.serve"))

	r, err := trace.NewReader(bytes.NewReader(w.Bytes()))
	for err == nil {
		var e trace.Event
		if e, err = r.ReadEvent(); err != nil || e.Kind() != trace.EventStateTransition {
			continue
		}
		if tr := e.StateTransition(); tr.Resource == trace.MakeResourceID(trace.GoID(serve.ID())) {
			from, to := tr.Goroutine()
			fmt.Println(e.Time(), from, "to", to)
		}
	}
	// Output:
	// 999999 Undetermined to Waiting
	// 1000000 Waiting to Runnable
	// 1400000 Runnable to Running
	// 1500000 Running to Waiting
}
