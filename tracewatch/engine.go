package tracewatch

import (
	"cmp"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/timeline"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// engine turns generations into anomalies. Live and offline are two doors to it: the
// same generations give the same anomalies. It is used by one goroutine at a time.
type engine struct {
	cfg       *config
	code      *detectors.Code
	tl        *timeline.Timeline
	observers []timeline.Observer
	agg       *aggregate
	slots     []*slot // by observer number; the first observer is the aggregate
	limit     *limiter
	history   history
	heat      *heatSeries
	interval  interval
	divides   bool      // a report has what became of requests' time: Analyze's
	division  *division // nil if it does not
	views     []view    // what else a report has

	// Progress, for Stats.
	windows, events, bytes uint64
	lost, broken           uint64 // generations
	last                   uint64 // number of the newest generation that came
	good                   uint64 // number of the newest one that could be read
	live                   bool   // a watcher's: what it lost is in its readings
	first, end             detectors.Time
	covered                time.Duration
	procs                  int // GOMAXPROCS in the newest window
	panics                 uint64
	found                  map[string]uint64 // anomalies by kind
	suppressed             uint64
	numbered               uint64             // anomalies
	clockSource            string             // what the machine's time is read from, as the newest reading says
	clock                  wire.ClockSnapshot // the newest
	hasClock               bool
	drift                  drift
}

// slot is a detector at work.
type slot struct {
	spec    detectors.Spec
	state   detectors.State
	panics  int
	off     bool
	verdict detectors.Verdict
	windows uint64

	fired, suppressed uint64
	spoke             detectors.Time // when it fired last
}

func newEngine(cfg *config) (*engine, error) {
	e := &engine{
		cfg:      cfg,
		code:     detectors.NewCode(),
		limit:    newLimiter(cfg.cooldown),
		history:  history{maxBytes: cfg.historyBytes, maxAge: cfg.historyAge},
		heat:     &heatSeries{maxBytes: limits.LiveHeatBytes, maxAge: limits.LiveHeat},
		interval: interval{from: cfg.from, to: cfg.to},
		found:    make(map[string]uint64),
	}
	e.agg = newAggregate(e.code)
	observers := []timeline.Observer{{Observes: aggregateKinds, Observe: e.agg.observe}}
	for _, d := range cfg.detectors {
		spec := d.Spec()
		state, err := d.New(e.code)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrOption, err)
		}
		if state == nil {
			return nil, fmt.Errorf("%w: detector %q has no state", ErrOption, spec.Kind)
		}
		e.slots = append(e.slots, &slot{spec: spec, state: state})
		observers = append(observers, timeline.Observer{
			Observes: spec.Observes, Observe: state.Observe, Long: spec.Long, AtLeast: spec.AtLeast, Reasons: spec.Reasons,
		})
	}
	e.observers = observers
	e.listen()
	return e, nil
}

// listen makes the timeline. It tells the engine's observers and then others, before the first
// generation is fed.
func (e *engine) listen(others ...timeline.Observer) {
	for _, v := range e.views {
		others = append(others, v.observer())
	}
	e.tl = timeline.New(e.code, slices.Concat(e.observers, others))
	e.tl.OnPanic = func(i int, v any, stack []byte) { e.panicked(i-1, v, string(stack)) }
	if e.divides {
		e.divide()
	}
}

// feed goes through one generation and returns what was found in it. After an error
// the generation counts as broken, and the next one starts from nothing.
func (e *engine) feed(raw wire.Raw) ([]*Anomaly, error) {
	if e.last != 0 && raw.Number > e.last+1 {
		e.lost += raw.Number - e.last - 1
	}
	e.last = raw.Number
	g, err := wire.Parse(raw)
	if err != nil {
		e.lose()
		return nil, err
	}
	if g.HasSnapshot {
		e.clock, e.hasClock = g.Snapshot, true
	}
	e.interval.begins(detectors.Time(g.MinTime))
	w, err := e.tl.Feed(g)
	if !e.live && e.good != 0 && raw.Number > e.good+1 {
		w.Missing = raw.Number - e.good - 1
	}
	if err == nil {
		e.good = raw.Number
	}
	e.bytes += uint64(len(raw.Data))
	if err == nil {
		e.history.add(raw, &w)
	}
	return e.take(&w, err)
}

// take adds a window to what is known, and returns what was found in it. One that an error
// broke off counts as broken.
func (e *engine) take(w *detectors.Window, err error) ([]*Anomaly, error) {
	e.events += w.Events
	e.agg.sum(w.Totals)
	if err != nil {
		e.lose()
		return nil, err
	}
	if e.windows == 0 {
		e.first = w.Start
	}
	e.windows++
	e.end = w.End
	e.procs = w.Procs
	e.covered += w.Duration()
	e.drift.follow(&w.Clocks)
	for i := range w.Readings {
		e.clockSource = cmp.Or(w.Readings[i].ClockSource, e.clockSource)
	}
	e.agg.judge(w)
	if e.interval.overlaps(w.Start, w.End) {
		e.heat.add(e.strip(w))
	}
	if e.division != nil {
		e.division.window(w)
	}
	for _, v := range e.views {
		v.window(w)
	}
	return e.judge(w), nil
}

// lose counts a generation as broken: the next one starts from nothing.
func (e *engine) lose() {
	e.broken++
	e.tl.Forget()
	e.history.clear()
}

// judge asks every detector about a window.
func (e *engine) judge(w *detectors.Window) []*Anomaly {
	var anomalies []*Anomaly
	for i, s := range e.slots {
		findings := e.ask(i, s, w)
		slices.SortStableFunc(findings, func(a, b detectors.Finding) int {
			return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Site, b.Site))
		})
		for _, f := range findings[:min(len(findings), limits.Findings)] {
			if f.Start == 0 && f.End == 0 {
				f.Start, f.End = w.Start, w.End
			}
			if f.Kind == "" || checkKind(f.Kind) != nil {
				f.Kind = s.spec.Kind
			}
			site := e.code.Site(f.Site)
			if !e.limit.pass(f.Kind, site.Func, f.Score, w.End) {
				e.suppressed++
				s.suppressed++
				continue
			}
			e.found[f.Kind]++
			s.fired++
			s.spoke = w.End
			anomalies = append(anomalies, e.anomaly(&f, site))
		}
	}
	return anomalies
}

// ask lets one detector judge, and survives its panic.
func (e *engine) ask(i int, s *slot, w *detectors.Window) (findings []detectors.Finding) {
	if s.off {
		return nil
	}
	defer func() {
		if v := recover(); v != nil {
			findings = nil
			e.panicked(i, v, panicStack())
		}
	}()
	findings, s.verdict = s.state.Judge(w)
	s.windows++
	s.verdict.Value, s.verdict.Threshold = number(s.verdict.Value), number(s.verdict.Threshold)
	return findings
}

// number returns a number that JSON can have: a detector of somebody else's may have divided by nothing.
func number(x float64) float64 {
	if math.IsNaN(x) {
		return 0
	}
	return min(max(x, -math.MaxFloat64), math.MaxFloat64)
}

// panicked counts the panic of a detector and switches it off after the last one
// that it may have.
func (e *engine) panicked(i int, v any, stack string) {
	e.panics++
	if i < 0 || i >= len(e.slots) {
		return // the aggregate: counted, and nothing to switch off
	}
	s := e.slots[i]
	s.panics++
	s.off = s.panics >= limits.Panics
	s.verdict = detectors.Verdict{Note: fmt.Sprintf("panicked %d times: %v", s.panics, v)}
	if s.off {
		e.tl.SwitchOff(i + 1)
		s.verdict.Note += "; switched off"
	}
	e.cfg.log.Error("tracewatch: a detector panicked", slog.String("kind", s.spec.Kind), slog.Any("panic", v),
		slog.Bool("switched_off", s.off), slog.String("stack", stack))
}

// anomaly makes a finding complete: names for numbers, the wall clock, the trace.
func (e *engine) anomaly(f *detectors.Finding, site detectors.Site) *Anomaly {
	e.numbered++
	a := &Anomaly{
		Number: e.numbered, Kind: f.Kind, Severity: f.Severity,
		TraceStart: f.Start, TraceEnd: f.End,
		Start: e.wall(f.Start), End: e.wall(f.End),
		Site: site, Summary: f.Summary, Why: f.Why, Advice: f.Advice,
		Evidence: f.Evidence,
	}
	for i := range a.Evidence.Measures {
		m := &a.Evidence.Measures[i]
		m.Value, m.Threshold, m.Baseline = number(m.Value), number(m.Threshold), number(m.Baseline)
	}
	for i := range a.Evidence.Sites {
		s := &a.Evidence.Sites[i]
		s.Name = e.code.Site(s.Site).String()
	}
	a.Evidence.Goroutines = slices.DeleteFunc(a.Evidence.Goroutines, func(g detectors.GoroutineEvidence) bool { return g.ID == detectors.NoGoroutine })
	for i := range a.Evidence.Goroutines {
		g := &a.Evidence.Goroutines[i]
		g.Frames = e.code.Frames(g.Stack)
	}
	a.suspect = suspectOf(f, e.code)
	var complete bool
	a.trace.gens, complete = e.history.since(f.Start)
	a.Quality = Quality{Coverage: e.coverage(), LostGenerations: e.lost, Complete: complete, ClockError: e.drift.error(f.End.Sub(f.Start))}
	return a
}

// wall returns the wall clock's time of a moment, or zero if the trace does not tell.
func (e *engine) wall(t detectors.Time) time.Time {
	if !e.hasClock {
		return time.Time{}
	}
	return e.clock.Wall.Add(t.Sub(detectors.Time(e.clock.Trace)))
}

// coverage is the share of the time from the first window to the last that was
// analysed.
func (e *engine) coverage() float64 {
	if total := e.end.Sub(e.first); total > 0 {
		return min(1, float64(e.covered)/float64(total))
	}
	return 0
}
