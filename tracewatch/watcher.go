package tracewatch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/capture"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// A Watcher watches the process it is in. Its methods are safe for concurrent use.
type Watcher struct {
	cfg      *config
	intake   capture.Intake
	dispatch *dispatcher
	metrics  *metrics
	cancel   context.CancelFunc
	done     chan struct{} // closed when all has ended, or Stop gave up waiting
	err      error         // of stopping; set before done is closed
	snapshot atomic.Pointer[snapshot]
	logbook  *logbook // the loop's

	// analysis is held while a generation is analysed.
	analysis sync.Mutex
	engine   *engine
	allocs   *allocHistory

	started  time.Time
	interval atomic.Int64 // until the next poll, in nanoseconds

	recent struct {
		sync.Mutex
		anomalies []*Anomaly
	}
}

// stopWait is how long Stop waits for a callback before it returns without it.
const stopWait = 10 * time.Second

// Start begins to watch this process. It takes the runtime's flight recorder (or, with
// [WithStream], its trace.Start), starts two goroutines, and returns at once. The
// watcher ends with ctx or with Stop, whichever comes first; Stop is to be called in
// any case.
//
// Options that are about a report of [Analyze] are ignored.
//
// If the runtime's slot is taken the error is [ErrTaken], if an option makes no sense
// [ErrOption]; nothing is left running then.
func Start(ctx context.Context, opts ...Option) (*Watcher, error) {
	cfg, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	e, err := newEngine(cfg)
	if err != nil {
		return nil, err
	}
	e.live = true
	var dumps *dumper
	if cfg.dumpDir != "" {
		if dumps, err = newDumper(cfg); err != nil {
			return nil, err
		}
	}
	w := &Watcher{cfg: cfg, engine: e, dispatch: newDispatcher(cfg, dumps), logbook: newLogbook(cfg.hostRoot), allocs: newAllocHistory(cfg.detectors), done: make(chan struct{}), started: time.Now()}
	w.interval.Store(int64(cfg.interval))
	w.publish()
	if w.metrics, err = register(cfg.meters, &w.snapshot); err != nil {
		return nil, fmt.Errorf("tracewatch: registering metrics: %w", err)
	}
	w.intake = newIntake(cfg)
	if err := w.intake.Start(); err != nil {
		w.metrics.release()
		return nil, taken(cfg, err)
	}
	ctx, w.cancel = context.WithCancel(ctx)
	go w.dispatch.run(ctx)
	go w.loop(ctx)
	return w, nil
}

func newIntake(cfg *config) capture.Intake {
	if cfg.stream {
		return capture.NewStream(cfg.historyBytes)
	}
	return capture.NewSnapshot(cfg.historyBytes)
}

// taken says who may have the slot.
func taken(cfg *config, err error) error {
	if !errors.Is(err, capture.ErrTaken) {
		return fmt.Errorf("tracewatch: %w", err)
	}
	if cfg.stream {
		return fmt.Errorf("%w: trace.Start is in use, by go test -trace, /debug/pprof/trace, a vendor's agent or another Watcher with WithStream; stop that, or leave WithStream out (%w)", ErrTaken, err)
	}
	return fmt.Errorf("%w: a flight recorder is running, another tracewatch.Watcher's or the program's own runtime/trace.FlightRecorder; use that one, stop it, or use WithStream (%w)", ErrTaken, err)
}

// Stop ends the watch and waits until nothing of it is left: no goroutine, no
// recorder, no instrument. The trace up to now is analysed first, and the anomalies that
// wait are dumped and called back. It may be called more than once, but not by a callback,
// which would wait for itself. If a callback does not return within ten seconds the error
// is [ErrStuck].
func (w *Watcher) Stop() error {
	w.cancel()
	<-w.done
	return w.err
}

// loop polls until ctx ends.
func (w *Watcher) loop(ctx context.Context) {
	defer close(w.done)
	timer := time.NewTimer(w.cfg.interval)
	defer timer.Stop()
	// What is lost is written down within a second, however long the watch rests: else it takes
	// one more collection until somebody reads of it.
	second := time.NewTicker(time.Second)
	defer second.Stop()
	var told [detectors.NumFaults]uint64
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-timer.C:
			begun := time.Now()
			told = w.losses()
			w.log(told)
			w.take(w.intake.Collect)
			next := w.nextPoll(time.Since(begun))
			w.interval.Store(int64(next))
			timer.Reset(next)
		case <-second.C:
			if lost := w.losses(); lost != told {
				told = lost
				w.log(told)
			}
		}
	}
	w.log(w.losses())
	w.take(w.intake.Stop) // with what happened since the last poll
	w.metrics.release()
	close(w.dispatch.queue)
	wait, cancel := context.WithTimeout(context.Background(), stopWait)
	defer cancel()
	w.err = w.dispatch.wait(wait)
	w.forget()
}

// forget gives the trace back: nobody can ask for it any more.
func (w *Watcher) forget() {
	w.analysis.Lock()
	defer w.analysis.Unlock()
	w.engine.history.clear()
	w.publish()
}

// log writes a reading into the trace.
func (w *Watcher) log(lost [detectors.NumFaults]uint64) {
	survive(w.cfg.log, "reading what the machine does", func() { w.logbook.write(lost) })
}

// losses returns how many generations were lost so far, by whose fault.
func (w *Watcher) losses() (lost [detectors.NumFaults]uint64) {
	s := w.Stats()
	lost[detectors.LossBroken] = s.BrokenGenerations
	if w.cfg.stream {
		lost[detectors.LossQueue] = w.intake.Lost()
	} else {
		lost[detectors.LossRecorder] = s.LostGenerations
	}
	return lost
}

const (
	// goroutinesPerInterval lengthens the interval by itself for each so many
	// goroutines, because each poll makes the runtime list all of them.
	goroutinesPerInterval = 20_000

	// restAfterPoll is how many times as long as a poll took the next one waits.
	restAfterPoll = 10
)

// nextPoll returns how long to wait after a poll that took so long.
func (w *Watcher) nextPoll(took time.Duration) time.Duration {
	d := w.cfg.interval * time.Duration(1+runtime.NumGoroutine()/goroutinesPerInterval)
	return min(max(d, restAfterPoll*took), max(time.Minute, w.cfg.interval))
}

// take analyses what a method of the intake hands over. A panic here is a bug of ours,
// and costs the user a window, not the process.
func (w *Watcher) take(from func(emit func(wire.Raw)) error) {
	w.analysis.Lock()
	defer w.analysis.Unlock()
	w.takeLocked(from)
}

// takeLocked is take for who holds analysis.
func (w *Watcher) takeLocked(from func(emit func(wire.Raw)) error) {
	defer func() {
		if v := recover(); v != nil {
			w.engine.lose()
			w.cfg.log.Error("tracewatch: a bug in tracewatch; this window is lost, please report it",
				slog.Any("panic", v), slog.String("stack", panicStack()))
		}
		w.publish()
	}()
	w.allocs.keep(time.Now(), w.cfg.log)
	err := from(func(raw wire.Raw) {
		anomalies, err := w.engine.feed(raw)
		if err != nil {
			w.cfg.log.Warn("tracewatch: a generation could not be read", slog.Any("error", err))
		}
		for _, a := range anomalies {
			w.allocs.attach(a, w.cfg.log)
			w.remember(a)
			w.dispatch.put(a)
		}
	})
	if err != nil {
		w.cfg.log.Warn("tracewatch: the recorder gave no trace", slog.Any("error", err))
	}
}

// remember keeps an anomaly for Anomalies.
func (w *Watcher) remember(a *Anomaly) {
	w.recent.Lock()
	defer w.recent.Unlock()
	w.recent.anomalies = append(w.recent.anomalies, a)
	if n := len(w.recent.anomalies); n > limits.Anomalies {
		w.recent.anomalies = slices.Delete(w.recent.anomalies, 0, n-limits.Anomalies)
	}
}

// Anomalies returns the latest anomalies, at most 64, the oldest first. Their traces
// are on disk if there is a dump directory, and in memory no longer.
func (w *Watcher) Anomalies() []*Anomaly {
	w.recent.Lock()
	defer w.recent.Unlock()
	return slices.Clone(w.recent.anomalies)
}

// Stats says what the watcher has done up to the last window. It does not wait for
// an analysis.
func (w *Watcher) Stats() Stats { return w.snapshot.Load().stats }

// Verdicts says, for each detector, how its rule stood at the end of the last window:
// why it has fired, or has not.
func (w *Watcher) Verdicts() []Verdict { return slices.Clone(w.snapshot.Load().verdicts) }

// WriteTrace writes the trace in memory, up to this moment as far as the runtime has handed it out, readable by
// go tool trace and by [Analyze]. It waits for an analysis that is going on, and does one itself. [Watcher.Recording]
// is for parts of it.
func (w *Watcher) WriteTrace(dst io.Writer) (int64, error) {
	r, err := w.Recording(0)
	if err != nil {
		return 0, err
	}
	return r.WriteTo(dst)
}

// Heat returns the strips of the heat maps of scheduling delay that have a larger number than after, the oldest first,
// at most so many. There are those of the last ten minutes, up to 8 MiB. What is returned must not be changed.
func (w *Watcher) Heat(after uint64, most int) []HeatStrip { return w.engine.heat.after(after, most) }
