package tracewatch

import (
	"context"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/gotracewatch/tracewatch/detectors"
)

// meterName is the instrumentation scope of all metrics.
const meterName = "github.com/gotracewatch/tracewatch/tracewatch"

// snapshot is what Stats and the metrics show: a copy made at the end of each poll and
// never changed, so that a collection waits for nothing.
type snapshot struct {
	stats    Stats
	verdicts []Verdict
	health   Health // but for the recorder
	polled   time.Time

	sched, assist, run totals
	block              [detectors.NumCauses]totals
	net                [detectors.NumFDTypes][detectors.NumNetModes]totals
	stw                map[string]totals
	inFlight, idle     [detectors.NumFDTypes]int64
	alive              [3]int64
	created, ended     uint64
	preempted          uint64
	timerWakeups       uint64
	timerCreates       uint64
	heapLive, heapGoal uint64
}

// totals is a span without its quantiles.
type totals struct {
	count   uint64
	seconds float64
}

func (s *span) totals() totals { return totals{s.Count, s.Total.Seconds()} }

// publish makes a new snapshot of the engine. The analysis lock is held, or the engine
// is not shared yet.
func (w *Watcher) publish() {
	s := w.engine.snapshot()
	s.health, s.polled = w.health(), time.Now()
	s.stats.DroppedAnomalies = w.dispatch.dropped.Load()
	s.stats.FailedDumps = w.dispatch.failed.Load()
	s.stats.CallbackPanics = w.dispatch.calls.panics.Load()
	if w.intake != nil {
		s.stats.QueueDropped = w.intake.Lost()
	}
	w.snapshot.Store(s)
}

// snapshot is what the engine knows so far.
func (e *engine) snapshot() *snapshot {
	a := e.agg
	s := &snapshot{
		stats: e.stats(), verdicts: e.verdicts(),
		sched: a.sched.totals(), assist: a.assist.totals(), run: a.run.totals(),
		stw:   make(map[string]totals, len(a.stw)),
		alive: a.alive, created: a.counts.created, ended: a.counts.ended,
		preempted: a.counts.preempted, timerWakeups: a.counts.timerWakeups, timerCreates: a.counts.timerCreates,
		heapLive: a.heap.live, heapGoal: a.heap.goal,
	}
	for i := range a.block {
		s.block[i] = a.block[i].totals()
	}
	for i := range a.net {
		s.inFlight[i], s.idle[i] = a.parked[i].inFlight, a.parked[i].idle
		for j := range a.net[i] {
			s.net[i][j] = a.net[i][j].totals()
		}
	}
	for kind, sp := range a.stw {
		s.stw[kind] = sp.totals()
	}
	return s
}

// metrics holds the registration, to be released.
type metrics struct{ registration metric.Registration }

func (m *metrics) release() {
	if m.registration != nil {
		_ = m.registration.Unregister() // it fails only for a provider that is shut down
	}
}

// quantiles of the quantile gauges.
var quantileAttrs = [...]metric.MeasurementOption{
	metric.WithAttributeSet(attribute.NewSet(attribute.Float64("quantile", 0.5))),
	metric.WithAttributeSet(attribute.NewSet(attribute.Float64("quantile", 0.99))),
}

// register makes the instruments and one callback that shows what the snapshot holds.
// The callback only loads a pointer, returns no error (one would drop everybody's
// metrics) and survives its own bugs.
func register(mp metric.MeterProvider, at *atomic.Pointer[snapshot]) (*metrics, error) {
	b := &instruments{meter: mp.Meter(meterName)}
	b.all()
	if b.err != nil {
		return nil, b.err
	}
	registration, err := b.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		defer func() { _ = recover() }()
		s := at.Load()
		for _, show := range b.show {
			show(o, s)
		}
		return nil
	}, b.observables...)
	if err != nil {
		return nil, err
	}
	return &metrics{registration}, nil
}

// instruments collects the instruments and how each is shown.
type instruments struct {
	meter       metric.Meter
	err         error
	observables []metric.Observable
	show        []func(metric.Observer, *snapshot)
}

// all makes every instrument. Attribute values come from fixed sets only.
func (b *instruments) all() {
	b.timing("tracewatch.sched.delay", "start", "Time that goroutines waited for a P before each start",
		func(s *snapshot, add func(totals, ...attribute.KeyValue)) { add(s.sched) })
	b.timing("tracewatch.gc.assist", "assist", "Time in GC mark assists, parked time included",
		func(s *snapshot, add func(totals, ...attribute.KeyValue)) { add(s.assist) })
	b.timing("tracewatch.run", "run", "Time that goroutines ran without a stop",
		func(s *snapshot, add func(totals, ...attribute.KeyValue)) { add(s.run) })
	b.timing("tracewatch.block", "wait", "Time that goroutines waited, by cause",
		func(s *snapshot, add func(totals, ...attribute.KeyValue)) {
			for c, t := range s.block {
				add(t, attribute.String("cause", detectors.Cause(c).String()))
			}
		})
	b.timing("tracewatch.netpoll", "wait", "Time that goroutines waited for the network, by kind of descriptor and operation",
		func(s *snapshot, add func(totals, ...attribute.KeyValue)) {
			for fd := detectors.FDTCP; fd < detectors.NumFDTypes; fd++ {
				for op, t := range s.net[fd] {
					if t.count > 0 {
						add(t, attribute.String("fd_type", fd.String()), attribute.String("operation", detectors.NetMode(op).String()))
					}
				}
			}
		})
	b.timing("tracewatch.stw", "stop", "Time that the world was stopped, by the runtime's kind",
		func(s *snapshot, add func(totals, ...attribute.KeyValue)) {
			for kind, t := range s.stw {
				add(t, attribute.String("kind", kind))
			}
		})

	b.quantiles("tracewatch.sched.delay.quantile", "Scheduling delay of the last half minute to minute", func(s *snapshot) Delay { return s.stats.Delays.Sched })
	b.quantiles("tracewatch.gc.assist.quantile", "Length of GC mark assists of the last half minute to minute", func(s *snapshot) Delay { return s.stats.Delays.Assist })
	b.quantiles("tracewatch.run.quantile", "Length of uninterrupted runs of the last half minute to minute", func(s *snapshot) Delay { return s.stats.Delays.Run })

	b.counter("tracewatch.preemptions", "{preemption}", "Goroutines that were stopped because they had run long enough",
		func(s *snapshot) uint64 { return s.preempted })
	b.counter("tracewatch.timer.wakeups", "{wakeup}", "Goroutines woken by a timer; a lower bound, a firing that wakes nobody leaves no event",
		func(s *snapshot) uint64 { return s.timerWakeups })
	b.counter("tracewatch.timer.goroutines", "{goroutine}", "Goroutines created by a timer (time.AfterFunc)",
		func(s *snapshot) uint64 { return s.timerCreates })
	b.counter("tracewatch.goroutine.created", "{goroutine}", "Goroutines created", func(s *snapshot) uint64 { return s.created })
	b.counter("tracewatch.goroutine.ended", "{goroutine}", "Goroutines ended", func(s *snapshot) uint64 { return s.ended })

	b.gauge("tracewatch.goroutine.count", "{goroutine}", "Goroutines alive, by whose they are",
		func(s *snapshot, add func(int64, ...attribute.KeyValue)) {
			for c, n := range s.alive {
				add(n, attribute.String("class", detectors.Class(c).String()))
			}
		})
	b.gauge("tracewatch.netpoll.blocked", "{goroutine}", "Goroutines waiting for the network at the end of the last window",
		func(s *snapshot, add func(int64, ...attribute.KeyValue)) {
			for fd := detectors.FDTCP; fd < detectors.NumFDTypes; fd++ {
				add(s.inFlight[fd], attribute.String("fd_type", fd.String()), attribute.String("state", "in_flight"))
				add(s.idle[fd], attribute.String("fd_type", fd.String()), attribute.String("state", "idle"))
			}
		})
	b.gauge("tracewatch.heap.live", "By", "Live heap as the trace last said",
		func(s *snapshot, add func(int64, ...attribute.KeyValue)) { add(int64(s.heapLive)) })
	b.gauge("tracewatch.heap.goal", "By", "Heap size at which the next GC cycle is to end, as the trace last said",
		func(s *snapshot, add func(int64, ...attribute.KeyValue)) { add(int64(s.heapGoal)) })

	b.self()
}

// self makes the instruments that are about the watch.
func (b *instruments) self() {
	b.counters("tracewatch.anomalies", "{anomaly}", "Anomalies reported, by kind",
		func(s *snapshot, add func(int64, ...attribute.KeyValue)) {
			for kind, n := range s.stats.Anomalies {
				add(int64(n), attribute.String("kind", kind))
			}
		})
	b.counter("tracewatch.watch.windows", "{window}", "Windows (generations of the trace) judged", func(s *snapshot) uint64 { return s.stats.Windows })
	b.counter("tracewatch.watch.events", "{event}", "Events of the trace decoded", func(s *snapshot) uint64 { return s.stats.Events })
	b.counter("tracewatch.watch.io", "By", "Bytes of trace decoded", func(s *snapshot) uint64 { return s.stats.Bytes })
	b.counters("tracewatch.watch.lost", "{generation}", "Generations of the trace that were not analysed, by reason",
		func(s *snapshot, add func(int64, ...attribute.KeyValue)) {
			add(int64(s.stats.LostGenerations), attribute.String("reason", "gap"))
			add(int64(s.stats.BrokenGenerations), attribute.String("reason", "broken"))
		})
	b.counters("tracewatch.watch.failures", "{failure}", "Things that went wrong in the watch, by what",
		func(s *snapshot, add func(int64, ...attribute.KeyValue)) {
			add(int64(s.stats.DetectorPanics), attribute.String("what", "detector_panic"))
			add(int64(s.stats.CallbackPanics), attribute.String("what", "callback_panic"))
			add(int64(s.stats.FailedDumps), attribute.String("what", "dump_failed"))
			add(int64(s.stats.DroppedAnomalies), attribute.String("what", "anomaly_dropped"))
		})
	b.float("tracewatch.watch.coverage", "1", "Share of the time that was analysed", func(s *snapshot) float64 { return s.stats.Coverage })
	b.float("tracewatch.watch.cpu.utilization", "1", "Share of all Ps that the watch's own goroutines used", func(s *snapshot) float64 { return s.stats.WatchShare })
}

// timing makes two counters, of the time and of how often, from which any tool gets
// rates and means.
func (b *instruments) timing(name, what, doc string, each func(*snapshot, func(totals, ...attribute.KeyValue))) {
	sum, err := b.meter.Float64ObservableCounter(name+".time", metric.WithUnit("s"), metric.WithDescription(doc))
	b.add(err, sum)
	count, err := b.meter.Int64ObservableCounter(name+".count", metric.WithUnit("{"+what+"}"), metric.WithDescription("How many of them: "+doc))
	b.add(err, count)
	b.show = append(b.show, func(o metric.Observer, s *snapshot) {
		each(s, func(t totals, attrs ...attribute.KeyValue) {
			o.ObserveFloat64(sum, t.seconds, metric.WithAttributes(attrs...))
			o.ObserveInt64(count, int64(t.count), metric.WithAttributes(attrs...))
		})
	})
}

func (b *instruments) quantiles(name, doc string, of func(*snapshot) Delay) {
	g, err := b.meter.Float64ObservableGauge(name, metric.WithUnit("s"), metric.WithDescription(doc))
	b.add(err, g)
	b.show = append(b.show, func(o metric.Observer, s *snapshot) {
		d := of(s)
		o.ObserveFloat64(g, d.P50.Seconds(), quantileAttrs[0])
		o.ObserveFloat64(g, d.P99.Seconds(), quantileAttrs[1])
	})
}

func (b *instruments) counter(name, unit, doc string, of func(*snapshot) uint64) {
	b.counters(name, unit, doc, func(s *snapshot, add func(int64, ...attribute.KeyValue)) { add(int64(of(s))) })
}

func (b *instruments) counters(name, unit, doc string, each func(*snapshot, func(int64, ...attribute.KeyValue))) {
	c, err := b.meter.Int64ObservableCounter(name, metric.WithUnit(unit), metric.WithDescription(doc))
	b.add(err, c)
	b.ints(c, each)
}

func (b *instruments) gauge(name, unit, doc string, each func(*snapshot, func(int64, ...attribute.KeyValue))) {
	g, err := b.meter.Int64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(doc))
	b.add(err, g)
	b.ints(g, each)
}

func (b *instruments) ints(at metric.Int64Observable, each func(*snapshot, func(int64, ...attribute.KeyValue))) {
	b.show = append(b.show, func(o metric.Observer, s *snapshot) {
		each(s, func(v int64, attrs ...attribute.KeyValue) { o.ObserveInt64(at, v, metric.WithAttributes(attrs...)) })
	})
}

func (b *instruments) float(name, unit, doc string, of func(*snapshot) float64) {
	g, err := b.meter.Float64ObservableGauge(name, metric.WithUnit(unit), metric.WithDescription(doc))
	b.add(err, g)
	b.show = append(b.show, func(o metric.Observer, s *snapshot) { o.ObserveFloat64(g, of(s)) })
}

func (b *instruments) add(err error, o metric.Observable) {
	if err != nil && b.err == nil {
		b.err = err
	}
	b.observables = append(b.observables, o)
}
