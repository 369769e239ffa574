package detectors

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/gotracewatch/tracewatch/internal/wording"
)

// StopTheWorld finds pauses of the whole program: while the runtime has stopped the world no
// goroutine runs.
//
// Pauses are counted by what the world was stopped for. One of [StopTheWorld.Pause] and more
// is long. It becomes a finding when the long ones of one culprit take [StopTheWorld.Share] of
// the time, three of them in two of the last windows, or when one takes
// [StopTheWorld.Alone]. The culprit is the goroutine that was slow to stop: one that went on
// running after the stop had begun, for most of the pause. If there was none, it is whoever
// stopped the world, for work that takes that long (a dump of all stacks, of the heap). The
// garbage collector's own stops are short: where one of them was long and nobody was slow to
// stop, the machine let no thread run, for which [StopTheWorld.Share] is taken five times. The
// watch's own stops are its cost and no finding.
//
// A goroutine that is slow to stop is seen when it stops; a thread that got no processor
// meanwhile is not seen at all.
type StopTheWorld struct {
	Pause    time.Duration // this long is long; default 10 ms
	Share    float64       // of the look-back in long pauses; default 0.01
	Alone    time.Duration // one pause this long is enough; default 200 ms
	LookBack time.Duration // default 10 s
}

// longPause is the default of [StopTheWorld.Pause].
const longPause = 10 * time.Millisecond

// Spec implements [Detector].
func (d StopTheWorld) Spec() Spec {
	return Spec{
		Kind:     "stop-the-world",
		Doc:      "The whole program was stopped for long, or often.",
		Observes: Set(STWBegin, STWEnd),
		Long:     Set(GoPreempt, GoYield, GoPark, GoSyscall, GoEnd),
		AtLeast:  cmp.Or(d.Pause, longPause),
	}
}

// New implements [Detector].
func (d StopTheWorld) New(code *Code) (State, error) {
	s := settings{kind: "stop-the-world"}
	s.duration("Pause", &d.Pause, longPause)
	s.share("Share", &d.Share, 0.01)
	s.duration("Alone", &d.Alone, 200*time.Millisecond)
	s.lookBack(&d.LookBack, 10*time.Second)
	return &stopTheWorld{StopTheWorld: d, code: code, begun: make(map[GoID]StackID), past: recent[map[culprit]*pauses]{of: d.LookBack}}, s.err
}

type stopTheWorld struct {
	StopTheWorld
	code  *Code
	begun map[GoID]StackID // who is stopping the world, and where
	stops []pause          // the long ones of the window
	runs  []longRun
	all   Sum // of all pauses of the window
	past  recent[map[culprit]*pauses]
	usual usual // share of the time
	since unjudged
}

// pause is one stop of the world.
type pause struct {
	begin, end Time
	kind       string
	by         GoID
	stack      StackID
}

// longRun is a run that may have kept the world from stopping.
type longRun struct {
	begin, end Time
	site       SiteID
	g          GoID
	proc       ProcID
	stack      StackID
}

// maxRuns bounds both of them in one window.
const maxRuns = 4096

// culprit is by whose doing the world stood still: by whom and for what it was stopped, or,
// if slow is set, who was slow to stop.
type culprit struct {
	site SiteID
	kind string
	slow bool
}

// pauses are those of one culprit in a window.
type pauses struct {
	Sum
	worst GoroutineEvidence
}

func (s *stopTheWorld) Observe(o *Observation) {
	s.since.observed(o.Time)
	switch o.Kind {
	case STWBegin:
		if o.G != nil && len(s.begun) < maxRuns {
			s.begun[o.G.ID] = o.Stack
		}
	case STWEnd:
		var by GoID
		var stack StackID
		if o.G != nil {
			by, stack = o.G.ID, s.begun[o.G.ID]
			delete(s.begun, o.G.ID)
		}
		if !o.Known || o.G != nil && o.G.Class == ClassWatch {
			return // what the watch itself costs is reported as that
		}
		s.all.Add(o.Duration)
		if o.Duration >= s.Pause && len(s.stops) < maxRuns {
			s.stops = append(s.stops, pause{o.Time.Add(-o.Duration), o.Time, o.Text, by, stack})
		}
	default:
		if o.From == Running && o.G.Class == ClassUser && len(s.runs) < maxRuns {
			s.runs = append(s.runs, longRun{o.Time.Add(-o.Duration), o.Time, s.code.seenAt(o), o.G.ID, o.Proc, o.Stack})
		}
	}
}

// sum finds the culprits of the window's pauses.
func (s *stopTheWorld) sum() map[culprit]*pauses {
	by := make(map[culprit]*pauses)
	for _, p := range s.stops {
		who, evidence := s.blame(&p)
		k := by[who]
		if k == nil {
			k = new(pauses)
			by[who] = k
		}
		d := p.end.Sub(p.begin)
		if k.Add(d); d == k.Max {
			k.worst = evidence
		}
	}
	return by
}

// blame returns who is to blame for a pause.
func (s *stopTheWorld) blame(p *pause) (culprit, GoroutineEvidence) {
	var last *longRun // the last one to stop
	for i := range s.runs {
		if r := &s.runs[i]; r.begin < p.begin && r.end > p.begin && r.end <= p.end && r.g != p.by && (last == nil || r.end > last.end) {
			last = r
		}
	}
	if last != nil && 2*last.end.Sub(p.begin) >= p.end.Sub(p.begin) {
		return culprit{last.site, p.kind, true}, GoroutineEvidence{
			ID: last.g, Proc: last.proc, At: p.begin, Duration: last.end.Sub(p.begin), Stack: last.stack, What: "was slow to stop, was here when it did",
		}
	}
	return culprit{s.code.SiteOf(p.stack), p.kind, false}, GoroutineEvidence{
		ID: p.by, At: p.begin, Duration: p.end.Sub(p.begin), Stack: p.stack, What: "stopped the world: " + p.kind,
	}
}

func (s *stopTheWorld) Judge(w *Window) ([]Finding, Verdict) {
	defer s.reset()
	if s.since.stale(w) {
		s.reset()
		clear(s.begun)
	}
	s.usual.start(w)
	s.past.add(w, s.sum())
	share := perSecond(s.all.Total, w)
	verdict := Verdict{Applicable: true, Value: s.all.Max.Seconds(), Threshold: s.Pause.Seconds(), Unit: "s"}
	if len(s.stops) == 0 {
		s.usual.learn(share)
		return nil, verdict
	}
	var findings []Finding
	for who := range s.past.past[len(s.past.past)-1].value {
		if f, ok := s.judge(w, who); ok {
			findings = append(findings, f)
		}
	}
	if len(findings) == 0 {
		verdict.Note = "too few long pauses, or too short"
	}
	return ranked(findings), verdict
}

// judge judges one culprit of the window.
func (s *stopTheWorld) judge(w *Window, who culprit) (Finding, bool) {
	var all pauses
	for _, p := range s.past.past {
		if k := p.value[who]; k != nil {
			all.Merge(k.Sum)
			if k.worst.Duration > all.worst.Duration {
				all.worst = k.worst
			}
		}
	}
	// Of the whole look-back, also where less of it was seen: nothing is known of the rest, and
	// three pauses soon after the start are three pauses.
	share := float64(all.Total) / float64(max(s.past.span(), s.LookBack))
	_, lasting := s.past.lasting(func(m map[culprit]*pauses) bool { return m[who] != nil })
	need := s.Share
	unexplained := !who.slow && strings.HasPrefix(who.kind, "GC")
	if unexplained {
		need *= 5
	}
	alone := all.Max >= s.Alone && !unexplained
	if !alone && !(lasting && all.Count >= 3 && share >= need) {
		return Finding{}, false
	}
	f := Finding{
		Severity: severity(all.Max, s.Alone),
		Start:    s.past.start(),
		End:      w.End,
		Score:    max(share/need, float64(all.Max)/float64(s.Alone)),
		Site:     who.site,
		Why:      "While the world is stopped nothing runs: every request in flight waits as long.",
		Evidence: Evidence{
			Measures: []Measure{
				{Name: "longest pause", Value: all.Max.Seconds(), Unit: "s", Threshold: s.Pause.Seconds()},
				{Name: "long pauses", Value: float64(all.Count), Unit: "{pause}"},
				{Name: "share of the time in long pauses", Value: share, Unit: "1", Threshold: need, Baseline: s.usual.known()},
			},
			Sites:      []SiteEvidence{{Site: who.site, Count: int(all.Count), Total: all.Total, Max: all.Max, What: all.worst.What}},
			Goroutines: []GoroutineEvidence{all.worst},
		},
	}
	name := w.Code.Site(who.site).Short()
	what := fmt.Sprintf("the world was stopped %s for %s and more (%s), at most %s, %s in %s",
		wording.Many(all.Count, "time"), wording.Duration(s.Pause), who.kind, wording.Duration(all.Max), wording.Duration(all.Total), wording.Duration(s.past.span()))
	switch {
	case who.slow:
		f.Summary = fmt.Sprintf("%s: %v was slow to stop", what, name)
		f.Advice = fmt.Sprintf("Cut the work of %v into pieces: a loop in assembly, or a call that cannot be interrupted, keeps everybody waiting until it is through.", name)
	case unexplained:
		f.Summary = what + ": nobody was slow to stop, the machine kept the threads from running"
		f.Advice = "Look at what else runs on this machine, and at cgroup throttling; the code is not at fault."
	default:
		f.Summary = fmt.Sprintf("%s: by %v", what, name)
		f.Advice = fmt.Sprintf("Let %v do this less often, or not in production: it takes longer the more goroutines or memory there are.", name)
	}
	return f, true
}

func (s *stopTheWorld) reset() {
	s.stops, s.runs = s.stops[:0], s.runs[:0]
	s.all = Sum{}
}
