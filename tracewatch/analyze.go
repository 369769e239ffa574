package tracewatch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/profiles"
	"github.com/gotracewatch/tracewatch/internal/tracev1"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// A Report is what [Analyze] found. In JSON durations, and moments of the trace's clock, are nanoseconds.
type Report struct {
	// From and To are the time that the report is of, by the trace's clock: all of it, or what [Between]
	// asked for. At is From by the time of day, nil where the trace does not tell that.
	From detectors.Time `json:"from_ns"`
	To   detectors.Time `json:"to_ns"`
	At   *time.Time     `json:"at,omitempty"`

	Anomalies []*Anomaly `json:"anomalies"` // the oldest first
	Verdicts  []Verdict  `json:"verdicts"`  // one for each detector, as of the last window

	// Requests is what became of the time of the program's requests, by the name of their tasks or
	// regions: what took most time comes first. There are none in a program without any: see
	// package tracewatchhttp. Undivided is how many are not among them: their name came after 256
	// others, or hundreds of them were within each other.
	Requests  []detectors.Request `json:"requests"`
	Undivided uint64              `json:"undivided_requests"`

	// Uses is what the Ps were used for, at most 128 places, the longest first.
	Uses []ProcUse `json:"uses"`

	// Places is what goroutines did at each site, if [WithPlaces] asked for it: at most 1,024, what took
	// most time comes first. PlacesLeft is how many more there were.
	Places     []Place `json:"places,omitempty"`
	PlacesLeft int     `json:"places_left,omitempty"`

	// Heat is what the heat maps of scheduling delay are drawn from. HeatLeft is how many windows are not
	// in it, because there were more than fit into 64 MiB: the oldest.
	Heat     []HeatStrip `json:"heat,omitempty"`
	HeatLeft int         `json:"heat_left,omitempty"`

	// Cells are the hottest cells of the heat map, if [WithHotCells] asked for them, the hottest first.
	Cells []*Cell `json:"cells,omitempty"`

	// Goroutine is what one goroutine did, if [WithGoroutine] asked for it, nil if it was not there.
	Goroutine *GoroutineLine `json:"goroutine,omitempty"`

	Totals Totals `json:"totals,omitzero"` // exact sums over the whole trace, whoever the goroutines are
	Stats  Stats  `json:"stats"`

	profiles *profiles.Collector // nil if none was asked for
	snapshot *snapshot           // for Metrics
}

// Analyze reads a trace of Go 1.11 or newer: a dump of a watcher, a file from
// /debug/pprof/trace, the output of go test -trace. It judges it as a watcher would
// have.
//
// It reads to the end, in memory for three generations, the history, and what goroutines have
// done since the oldest task began that is open, at most 64 MiB. The totals are made on a
// second goroutine, which has ended when Analyze returns.
//
// If the trace is cut or broken somewhere, the report of what was whole comes together
// with an error that says where. The report is nil only if there is nothing to report on:
// it is no trace, of an unknown version, or an option is wrong.
//
// Traces of Go 1.21 and older have another format, which can only be read whole: of one
// that is cut nothing is reported (unless no more than stacks is missing), and one is at
// most 128 MiB long and takes ten to twenty times its size in memory. What they do not say is
// not in the report, such as how long system calls took that kept their P, or what time it
// was. For callbacks, an anomaly's trace is all of it, if [WithHistory] allows for as much.
//
// Options that are about a running process (meter provider, dumps, polling, stream)
// are checked and otherwise ignored. Callbacks are called from this goroutine.
func Analyze(ctx context.Context, r io.Reader, opts ...Option) (*Report, error) {
	cfg, err := newConfig(opts)
	if err != nil {
		return nil, err
	}
	a, err := newAnalysis(ctx, cfg)
	if err != nil {
		return nil, err
	}
	a.heat = &heatSeries{maxBytes: limits.HeatBytes, maxAge: math.MaxInt64}
	a.exact = newExact()
	defer a.exact.going.Wait() // whatever happens: nothing stays behind
	err = a.read(r)
	if a.exact.wait(); a.first == nil { // else the engine has met the same
		err = errors.Join(err, a.exact.err)
	}
	if a.windows == 0 && err != nil && !errors.As(err, new(*wire.Error)) && !errors.As(err, new(*tracev1.Error)) {
		return nil, fmt.Errorf("tracewatch: %w", err)
	}
	report := a.report(a.exact.totals())
	if err != nil {
		return report, fmt.Errorf("tracewatch: %w", err)
	}
	return report, nil
}

// analysis is one reading of a trace.
type analysis struct {
	*engine
	exact *exact
	split wire.Splitter

	// dropped is the memory of a generation that the history has forgotten. It may be used
	// again as soon as the totals are through with the generation before.
	dropped []byte

	ctx   context.Context
	calls *callbacks
	found []*Anomaly
	first error // of the generations that could not be read

	// What was asked for; nil if it was not.
	places    *placesView
	cells     *hotCells
	goroutine *goroutineView
	profiles  *profiles.Collector
}

// newAnalysis makes a reading with an engine of its own.
func newAnalysis(ctx context.Context, cfg *config) (*analysis, error) {
	e, err := newEngine(cfg)
	if err != nil {
		return nil, err
	}
	e.divides = true
	a := &analysis{engine: e, ctx: ctx, calls: newCallbacks(cfg)}
	if cfg.places {
		a.places = newPlacesView(e.code, &e.interval)
		e.views = append(e.views, a.places)
	}
	if cfg.hotCells > 0 {
		a.cells = &hotCells{ctx: ctx, interval: &e.interval, most: cfg.hotCells, history: &e.history}
		e.views = append(e.views, a.cells)
	}
	if len(cfg.profiles) > 0 {
		c, err := profiles.New(e.code, cfg.profiles...)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrOption, err)
		}
		a.profiles = c
		e.views = append(e.views, &profilesView{&e.interval, c})
	}
	if cfg.goroutine != detectors.NoGoroutine {
		a.goroutine = newGoroutineView(e.code, &e.interval, cfg.goroutine)
		e.views = append(e.views, a.goroutine)
	}
	return a, nil
}

// report says what was read.
func (a *analysis) report(totals Totals) *Report {
	e := a.engine
	r := &Report{
		Anomalies: []*Anomaly{}, Requests: []detectors.Request{}, Uses: []ProcUse{}, // none is not null
		Stats: e.stats(), Totals: totals, Verdicts: e.verdicts(), Heat: e.heat.after(0, math.MaxInt), HeatLeft: e.heat.left,
	}
	r.From, r.To = e.interval.cut(e.first, e.end)
	if at := e.wall(r.From); !at.IsZero() {
		r.At = &at
	}
	for _, x := range a.found {
		if e.interval.touches(x.TraceStart, x.TraceEnd) {
			r.Anomalies = append(r.Anomalies, x)
		}
	}
	if d := e.division; d != nil {
		r.Requests = append(r.Requests, d.requests.All()...)
		r.Undivided = d.requests.Dropped
		r.Uses = append(r.Uses, d.uses(e.code)...)
	}
	if a.places != nil {
		r.Places, r.PlacesLeft = a.places.places()
	}
	if a.cells != nil {
		a.cells.finish()
		r.Cells = a.cells.cells
	}
	if a.goroutine != nil {
		r.Goroutine = a.goroutine.result()
	}
	r.profiles = a.profiles
	r.Stats.CallbackPanics = a.calls.panics.Load()
	r.snapshot = e.snapshot()
	r.snapshot.stats = r.Stats
	return r
}

// readSize is how much is read at once.
const readSize = 256 << 10

// read is the one door to all versions.
func (a *analysis) read(r io.Reader) error {
	if err := a.ctx.Err(); err != nil {
		return err
	}
	all := bufio.NewReaderSize(r, readSize)
	header, err := all.Peek(wire.HeaderSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if v, _ := wire.ParseHeader(header); v.Old() {
		return a.readOld(v, all)
	}
	return a.readGenerations(all) // and if it is none, that is found out there
}

// readGenerations reads a trace of the second format, generation by generation.
func (a *analysis) readGenerations(r io.Reader) error {
	a.listen()
	a.split.Emit = a.generation
	a.history.dropped = func(data []byte) { a.dropped = data }
	buf := make([]byte, readSize)
	for {
		if err := a.ctx.Err(); err != nil {
			return errors.Join(a.first, err)
		}
		n, err := r.Read(buf)
		if _, werr := a.split.Write(buf[:n]); werr != nil {
			return errors.Join(a.first, werr)
		}
		if errors.Is(err, io.EOF) {
			return errors.Join(a.first, a.split.Close())
		}
		if err != nil {
			return errors.Join(a.first, err)
		}
	}
}

func (a *analysis) generation(raw wire.Raw) {
	if a.ctx.Err() != nil {
		return
	}
	a.exact.start(raw) // it is through with the one before
	if a.dropped != nil {
		a.split.Reuse(a.dropped)
		a.dropped = nil
	}
	anomalies, err := a.feed(raw)
	if a.first == nil {
		a.first = err
	}
	a.tell(anomalies)
}

// tell explains anomalies and calls back.
func (a *analysis) tell(anomalies []*Anomaly) {
	for _, x := range anomalies {
		a.found = append(a.found, x)
		x.explain(a.cfg.log)
		a.calls.call(a.ctx, x)
		x.release()
	}
}
