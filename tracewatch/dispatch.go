package tracewatch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

// callbacks calls the user's functions and survives them.
type callbacks struct {
	log    *slog.Logger
	fs     []func(context.Context, *Anomaly)
	bad    []int // panics of each
	panics atomic.Uint64
}

func newCallbacks(cfg *config) *callbacks {
	return &callbacks{log: cfg.log, fs: cfg.callbacks, bad: make([]int, len(cfg.callbacks))}
}

func (c *callbacks) call(ctx context.Context, a *Anomaly) {
	for i := range c.fs {
		if c.bad[i] < limits.Panics {
			c.one(ctx, i, a)
		}
	}
}

func (c *callbacks) one(ctx context.Context, i int, a *Anomaly) {
	defer func() {
		if v := recover(); v != nil {
			c.panics.Add(1)
			c.bad[i]++
			c.log.Error("tracewatch: an OnAnomaly callback panicked", slog.Any("panic", v), slog.Int("times", c.bad[i]),
				slog.Bool("switched_off", c.bad[i] >= limits.Panics), slog.String("stack", panicStack()))
		}
	}()
	c.fs[i](ctx, a)
}

// survive calls f, a part of tracewatch itself. A panic there is a bug of ours, and costs the user
// what f was to do, not the process.
func survive(log *slog.Logger, what string, f func()) {
	defer func() {
		if v := recover(); v != nil {
			log.Error("tracewatch: a bug in tracewatch, please report it", slog.String("while", what),
				slog.Any("panic", v), slog.String("stack", panicStack()))
		}
	}()
	f()
}

// panicStack returns the stack of a panic that was just recovered, capped.
func panicStack() string {
	stack := debug.Stack()
	return string(stack[:min(len(stack), limits.PanicStackBytes)])
}

// dispatcher dumps anomalies and calls back, on a goroutine of its own, so that
// neither a slow disk nor a slow callback delays the analysis.
type dispatcher struct {
	calls   *callbacks
	dumps   *dumper // nil: none are written
	log     *slog.Logger
	queue   chan *Anomaly
	done    chan struct{}
	dropped atomic.Uint64
	failed  atomic.Uint64
	held    atomic.Int64 // bytes of trace that waiting anomalies hold on to
	maxHeld int64
}

func newDispatcher(cfg *config, dumps *dumper) *dispatcher {
	return &dispatcher{
		calls: newCallbacks(cfg), dumps: dumps, log: cfg.log,
		queue: make(chan *Anomaly, limits.CallbackQueue), done: make(chan struct{}),
		maxHeld: int64(cfg.historyBytes),
	}
}

// put queues an anomaly, or drops it if there is no room.
func (d *dispatcher) put(a *Anomaly) {
	size := a.size()
	if d.held.Load() > 0 && d.held.Load()+size > d.maxHeld {
		d.drop(a)
		return
	}
	d.held.Add(size)
	select {
	case d.queue <- a:
	default:
		d.held.Add(-size)
		d.drop(a)
	}
}

func (d *dispatcher) drop(a *Anomaly) {
	d.dropped.Add(1)
	a.setExplanation(&detectors.Explanation{Missing: "callbacks or the disk were too slow, so that its trace was dropped"})
	a.release()
	d.log.Warn("tracewatch: an anomaly was not dumped: callbacks or the disk are too slow", slog.String("kind", a.Kind), slog.String("summary", a.Summary))
}

// run works until the queue is closed.
func (d *dispatcher) run(ctx context.Context) {
	defer close(d.done)
	for a := range d.queue {
		d.one(ctx, a)
	}
}

func (d *dispatcher) one(ctx context.Context, a *Anomaly) {
	size := a.size()
	defer func() {
		a.release()
		d.held.Add(-size)
	}()
	a.explain(d.log)
	survive(d.log, "asking what is proven", func() { prove(a, d.log) })
	if d.dumps != nil {
		err := errors.New("it panicked")
		survive(d.log, "writing a dump", func() { err = d.dumps.write(a) })
		if err != nil {
			d.failed.Add(1)
			d.log.Error("tracewatch: a dump could not be written", slog.String("kind", a.Kind), slog.Any("error", err))
		}
	}
	d.calls.call(ctx, a)
}

// size is how many bytes of trace an anomaly holds.
func (a *Anomaly) size() (n int64) {
	a.trace.mu.Lock()
	defer a.trace.mu.Unlock()
	for _, g := range a.trace.gens {
		n += int64(len(g.Raw.Data))
	}
	return n
}

// wait returns an error if the dispatcher is stuck in a callback when ctx ends.
func (d *dispatcher) wait(ctx context.Context) error {
	select {
	case <-d.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w; %d anomalies wait behind it", ErrStuck, len(d.queue))
	}
}
