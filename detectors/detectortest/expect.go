package detectortest

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
)

// An expectation is what a text says of some windows.
type expectation struct {
	line    int
	windows []bool // from 1
	silent  bool
	finding *findingWanted
	verdict *verdictWanted
}

// A want is a number that is expected, or a range of them.
type want struct{ from, to float64 }

// holds reports whether a number is what is expected. Numbers that differ by rounding are
// the same.
func (w *want) holds(v float64) bool {
	if w == nil {
		return true
	}
	slack := 1e-9 * max(1e-6, math.Abs(w.from), math.Abs(w.to))
	return v >= w.from-slack && v <= w.to+slack
}

func (w *want) String() string {
	switch {
	case w.from == w.to:
		return number(w.from)
	default:
		return number(w.from) + " to " + number(w.to)
	}
}

type siteWanted struct {
	fn, file          string // fn may be "unknown"
	line              uint64 // 0: any
	count, total, max *want
	what              *matcher
}

func (w *siteWanted) String() string {
	if w.line != 0 {
		return fmt.Sprintf("%s %s:%d", w.fn, w.file, w.line)
	}
	return w.fn
}

type measureWanted struct {
	name                       string
	absent                     bool
	value, threshold, baseline *want
	unit                       *string
}

type goroutineWanted struct {
	name     string // "": any
	on       int    // -1: any
	at, for_ *want
	what     *matcher
}

// A moment is a window's beginning or end, or a time from the trace's beginning on.
type moment struct {
	window int   // 0: at
	at     *want // nanoseconds
}

type findingWanted struct {
	site                 siteWanted
	anywhere             bool
	kind                 string
	severity             *detectors.Severity
	score                *want
	from, to             *moment
	summary, why, advice []*matcher
	measures             []measureWanted
	sites                []siteWanted
	nsites               *want
	goroutines           []goroutineWanted
}

type verdictWanted struct {
	applicable       *bool
	value, threshold *want
	unit             *string
	note             []*matcher
}

// expect reads [WINDOWS] silent|finding …|verdict ….
func (sc *scene) expect(s *scanner) {
	e := &expectation{line: s.number, windows: sc.windowsOf(s)}
	switch s.want("silent", "finding", "verdict") {
	case "silent":
		e.silent = true
	case "finding":
		e.finding = sc.findingWanted(s)
	case "verdict":
		e.verdict = sc.verdictWanted(s)
	}
	s.mustEnd()
	for w, of := range e.windows {
		if !of {
			continue
		}
		line := &sc.said[w]
		if e.silent && line.finding != 0 || e.finding != nil && line.silent != 0 {
			s.fail("line %d expects the opposite of window %d", max(line.finding, line.silent), w)
		}
		if e.silent {
			line.silent = e.line
		}
		if e.finding != nil {
			line.finding = e.line
		}
	}
	if sc.expects = append(sc.expects, e); len(sc.expects) > maxExpected {
		s.fail("more than %d expectations", maxExpected)
	}
}

// said is which lines say of a window what is found.
type said struct{ silent, finding int }

// windowsOf reads which windows are meant: all, last, numbers with commas between them, or
// N to M. Nothing is all.
func (sc *scene) windowsOf(s *scanner) []bool {
	all := make([]bool, sc.windows+1)
	one := func() int {
		if s.word("last") != "" {
			return sc.windows
		}
		return int(s.count("a window's number", 1, uint64(sc.windows)))
	}
	switch n := s.peek(); n {
	case "all", "silent", "finding", "verdict":
		s.word("all")
		for w := 1; w <= sc.windows; w++ {
			all[w] = !sc.lost[w]
		}
		return all
	}
	for {
		from := one()
		to := from
		if s.word("to") != "" {
			if to = one(); to < from {
				s.fail("window %d comes before window %d", to, from)
			}
		}
		for w := from; w <= to; w++ {
			if sc.lost[w] && from == to {
				s.fail("window %d is lost: nobody judges it", w)
			}
			all[w] = !sc.lost[w]
		}
		if s.sign(",") == "" {
			return all
		}
	}
}

// wanted reads a number that is expected: V, V ± T, V ± N%, V to W on one line. A duration
// counts in seconds, times scale.
func (s *scanner) wanted(scale float64) *want {
	w := s.about(scale)
	rest, _, _ := strings.Cut(s.text[s.pos:], "\n")
	if w.from == w.to && strings.TrimSpace(rest) != "" && s.word("to") != "" {
		w.to = s.seconds(scale)
	}
	if !(w.from <= w.to) {
		s.fail("from %v to %v there is no number", w.from, w.to)
	}
	return w
}

// seconds reads a number, or a duration in seconds times scale.
func (s *scanner) seconds(scale float64) float64 {
	v := s.expr()
	if v.timely {
		return v.v / 1e9 * scale
	}
	return v.v
}

// about reads V, V ± T or V ± N%.
func (s *scanner) about(scale float64) *want {
	v := s.seconds(scale)
	w := &want{v, v}
	if s.sign("±", "+/-") != "" {
		t, ok := s.literal()
		d := t.v
		switch {
		case !ok:
			s.unexpected("a number, a duration or a share such as 5%")
		case t.timely:
			d = t.v / 1e9 * scale
		case s.sign("%") != "":
			d = t.v / 100 * math.Abs(w.from)
		}
		w.from, w.to = w.from-d, w.to+d
	}
	return w
}

// attributes are words, and what reads that which belongs to each.
type attributes map[string]func()

// all reads attributes as long as there are some.
func (a attributes) all(s *scanner) {
	for {
		read, ok := a[s.peek()]
		if !ok {
			return
		}
		s.name("")
		read()
	}
}

func (s *scanner) unit() *string {
	u := s.mustStr("the unit")
	return &u
}

func (sc *scene) verdictWanted(s *scanner) *verdictWanted {
	v := &verdictWanted{}
	yes, no := true, false
	start := s.pos
	attributes{
		"applicable": func() { v.applicable = &yes },
		"not":        func() { s.want("applicable"); v.applicable = &no },
		"value":      func() { v.value = s.wanted(1) },
		"threshold":  func() { v.threshold = s.wanted(1) },
		"unit":       func() { v.unit = s.unit() },
		"note":       func() { v.note = append(v.note, s.matcher()) },
	}.all(s)
	if s.pos == start || !s.end() {
		s.unexpected("applicable, not applicable, value, threshold, unit or note")
	}
	return v
}

func (sc *scene) findingWanted(s *scanner) *findingWanted {
	f := &findingWanted{}
	if f.anywhere = s.word("anywhere") != ""; !f.anywhere {
		f.site = s.siteWanted()
	}
	severity := func(v detectors.Severity) func() { return func() { f.severity = &v } }
	attributes{
		"info": severity(detectors.Info), "warning": severity(detectors.Warning), "critical": severity(detectors.Critical),
		"kind":    func() { f.kind = s.kind() },
		"score":   func() { f.score = s.wanted(1) },
		"from":    func() { f.from = sc.moment(s) },
		"to":      func() { f.to = sc.moment(s) },
		"summary": func() { f.summary = append(f.summary, s.matcher()) },
		"why":     func() { f.why = append(f.why, s.matcher()) },
		"advice":  func() { f.advice = append(f.advice, s.matcher()) },
		"measure": func() { f.measures = append(f.measures, s.measureWanted()) },
		"no": func() {
			s.want("measure")
			f.measures = append(f.measures, measureWanted{name: s.mustStr("its name"), absent: true})
		},
		"sites":     func() { f.nsites = s.wanted(1) },
		"site":      func() { f.sites = append(f.sites, s.siteEvidence()) },
		"goroutine": func() { f.goroutines = append(f.goroutines, sc.goroutineWanted(s)) },
	}.all(s)
	if !s.end() {
		s.unexpected("info, warning, critical, kind, score, from, to, summary, why, advice, measure, no measure, sites, site or goroutine")
	}
	return f
}

// kind reads the kind of a finding: names with hyphens between them.
func (s *scanner) kind() string {
	k := s.piece()
	if k == "" {
		s.unexpected("a kind of finding")
	}
	s.pos += len(k)
	return k
}

func (s *scanner) siteWanted() siteWanted {
	fn := s.piece()
	if fn == "" {
		s.unexpected("the function at fault, or anywhere")
	}
	s.pos += len(fn)
	w := siteWanted{fn: fn}
	w.file, w.line, _ = s.location()
	return w
}

// siteEvidence reads a site with what is said of it. Its durations are nanoseconds.
func (s *scanner) siteEvidence() siteWanted {
	w := s.siteWanted()
	attributes{
		"count": func() { w.count = s.wanted(1) },
		"total": func() { w.total = s.wanted(1e9) },
		"max":   func() { w.max = s.wanted(1e9) },
		"what":  func() { w.what = s.matcher() },
	}.all(s)
	return w
}

func (s *scanner) measureWanted() measureWanted {
	w := measureWanted{name: s.mustStr("the measure's name")}
	if n := s.peek(); n != "threshold" && n != "baseline" && n != "unit" {
		w.value = s.wanted(1)
	}
	attributes{
		"threshold": func() { w.threshold = s.wanted(1) },
		"baseline":  func() { w.baseline = s.wanted(1) },
		"unit":      func() { w.unit = s.unit() },
	}.all(s)
	return w
}

func (sc *scene) goroutineWanted(s *scanner) goroutineWanted {
	w := goroutineWanted{on: -1}
	if s.word("any") == "" {
		w.name = sc.goroutine(s).String()
	}
	attributes{
		"on":   func() { w.on = sc.proc(s) },
		"at":   func() { w.at = s.wanted(1e9) },
		"for":  func() { w.for_ = s.wanted(1e9) },
		"what": func() { w.what = s.matcher() },
	}.all(s)
	return w
}

// moment reads a window's number, which stands for its beginning or its end, or a time.
func (sc *scene) moment(s *scanner) *moment {
	at := s.pos
	if v := s.expr(); !v.timely {
		s.pos = at
		n := int(s.count("a window's number", 1, uint64(sc.windows)))
		if sc.lost[n] {
			s.fail("window %d is lost", n)
		}
		return &moment{window: n}
	}
	s.pos = at
	return &moment{at: s.about(float64(time.Second))}
}
