package detectors

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/gotracewatch/tracewatch/internal/wording"
)

// LockContention finds a mutex that goroutines wait for too long.
//
// Heavy use of a mutex is healthy as long as each holds it for moments. A site at which one
// is locked becomes a finding when it has more than [LockContention.Rate] waits a second or
// [LockContention.Depth] goroutines waiting at once (a convoy), and somebody is really
// delayed: waits of [LockContention.Wait] and more add up to more than
// [LockContention.Delayed] times the window, in two of the last windows, and more than usual there.
// One that has been so since it was first seen is told for ten seconds, and then only when it
// gets worse.
//
// The trace does not say which mutex it is: locks that are taken at one line of code count as
// one. Who held it is known by who woke the waiters, which is who unlocked: the finding's site
// is there, where one place did most of that. A mutex that is never unlocked has only its
// waiters. Waits for a WaitGroup or a condition are for something to be done, and do not count.
type LockContention struct {
	Rate     float64       // waits a second at one site; default 50 (specification)
	Depth    float64       // goroutines that wait at once, on the average over a window; default 5 (specification)
	Wait     time.Duration // a wait this long delays somebody; default 5 ms
	Delayed  float64       // time in such waits, for each second; default 1 s
	Growth   float64       // how many times its usual time in such waits a site must have; default 2
	LookBack time.Duration // two windows within this must show it, half a second of them; default 4 s
}

// lockWait is the default of [LockContention.Wait].
const lockWait = 5 * time.Millisecond

// Spec implements [Detector].
func (d LockContention) Spec() Spec {
	return Spec{
		Kind:    "lock-contention",
		Doc:     "Goroutines waited long for a mutex, many at once or many times.",
		Long:    Set(GoUnpark),
		AtLeast: cmp.Or(d.Wait, lockWait),
		Reasons: SetReasons(ReasonSync),
	}
}

// New implements [Detector].
func (d LockContention) New(code *Code) (State, error) {
	s := settings{kind: "lock-contention"}
	s.number("Rate", &d.Rate, 50)
	s.number("Depth", &d.Depth, 5)
	s.duration("Wait", &d.Wait, lockWait)
	s.number("Delayed", &d.Delayed, 1)
	s.number("Growth", &d.Growth, 2)
	s.lookBack(&d.LookBack, 4*time.Second)
	return &lockContention{
		LockContention: d, code: code, now: make(map[SiteID]*lockSite), usual: make(usualAt),
		past: recent[map[SiteID]*lockSite]{of: d.LookBack},
	}, s.err
}

type lockContention struct {
	LockContention
	code  *Code
	now   map[SiteID]*lockSite
	usual usualAt                      // time in long waits, for each second
	past  recent[map[SiteID]*lockSite] // those that were contended
	start Time                         // of the window
	since unjudged
}

// lockSite is what happened at one place where a mutex is locked.
type lockSite struct {
	kind    Lock
	waits   int
	total   time.Duration // of the waits that ended, all their length
	long    time.Duration // of the long ones and those that go on, what lies in the window
	delays  Histogram     // the long ones
	unlocks map[SiteID]SiteEvidence
	worst   GoroutineEvidence
}

func (s *lockContention) Observe(o *Observation) {
	k := s.code.Stack(o.Stack)
	if o.G.Class != ClassUser || !k.Lock.Excludes() {
		return
	}
	s.since.observed(o.Time)
	l := s.site(k)
	s.late(l, o.G, o.Stack, o.Duration, o.Time)
	if by := s.code.SiteOf(o.ByStack); by != 0 {
		e := l.unlocks[by]
		l.unlocks[by] = SiteEvidence{Site: by, Count: e.Count + 1, Total: e.Total + o.Duration, Max: max(e.Max, o.Duration), What: "unlocked it"}
	}
}

func (s *lockContention) site(k *Stack) *lockSite {
	l := s.now[k.Site]
	if l == nil {
		l = &lockSite{kind: k.Lock, unlocks: make(map[SiteID]SiteEvidence)}
		s.now[k.Site] = l
	}
	return l
}

// late counts a long wait that has lasted d at a moment.
func (s *lockContention) late(l *lockSite, g *Goroutine, stack StackID, d time.Duration, at Time) {
	l.delays.Add(d)
	l.long += min(d, at.Sub(s.start))
	if d > l.worst.Duration {
		l.worst = GoroutineEvidence{ID: g.ID, Proc: g.LastP, At: at.Add(-d), Duration: d, Stack: stack, What: "waited for the " + l.kind.String()}
	}
}

// sum adds the window's totals, and the waits that have not ended yet.
func (s *lockContention) sum(w *Window) {
	for id, t := range w.Totals.Locks {
		if t.Count > 0 {
			l := s.site(s.code.Stack(StackID(id)))
			l.waits += int(t.Count)
			l.total += t.Total
		}
	}
	for g := range w.Goroutines {
		if g.State != Waiting || g.Reason != ReasonSync || g.Class != ClassUser || !g.SinceKnown {
			continue
		}
		k, d := s.code.Stack(g.Stack), w.End.Sub(g.Since)
		if k.Lock.Excludes() && d >= s.Wait {
			s.late(s.site(k), g, g.Stack, d, w.End)
		}
	}
}

// perSecond is a time for each second of the window.
func perSecond(d time.Duration, w *Window) float64 {
	if w.Duration() <= 0 {
		return 0
	}
	return float64(d) / float64(w.Duration())
}

func (s *lockContention) Judge(w *Window) ([]Finding, Verdict) {
	defer func() { s.start = w.End }()
	if s.since.stale(w) {
		clear(s.now)
	}
	if w.Fresh {
		s.start = w.Start
		clear(s.usual)
	}
	s.sum(w)
	now := s.now
	s.now = make(map[SiteID]*lockSite)
	over := make(map[SiteID]*lockSite)
	top := 0.0
	for id, l := range now {
		delayed := s.depth(l, w)
		top = max(top, delayed)
		if s.busy(l, w) && delayed > s.Delayed && s.usual[id].exceeds(delayed, s.Growth) {
			over[id] = l
			s.usual.at(id).learnOver(delayed, w.End)
		} else {
			s.usual.at(id).learn(delayed)
		}
	}
	s.past.add(w, over)
	verdict := Verdict{Applicable: true, Value: top, Threshold: s.Delayed, Unit: "s/s"}
	var findings []Finding
	for id := range over {
		first, lasting := s.past.lasting(func(over map[SiteID]*lockSite) bool { return over[id] != nil })
		unlocks := s.unlocks(id)
		if !lasting || len(unlocks) == 0 && w.End.Sub(first) < unseenHolder {
			continue
		}
		findings = append(findings, s.finding(w, id, now[id], unlocks, first))
	}
	if len(over) > 0 && len(findings) == 0 {
		verdict.Note = "not for long enough yet"
	}
	return ranked(s.merged(findings)), verdict
}

// unseenHolder is how long it is waited for who unlocks, who is more to blame than those who wait.
const unseenHolder = 1500 * time.Millisecond

// unlocks returns who unlocked what is locked at a site, in the windows in which it was contended.
func (s *lockContention) unlocks(id SiteID) (all []SiteEvidence) {
	by := make(map[SiteID]SiteEvidence)
	for _, p := range s.past.past {
		if l := p.value[id]; l != nil {
			for at, e := range l.unlocks {
				t := by[at]
				by[at] = SiteEvidence{Site: at, Count: t.Count + e.Count, Total: t.Total + e.Total, Max: max(t.Max, e.Max), What: e.What}
			}
		}
	}
	for _, e := range by {
		all = append(all, e)
	}
	return all
}

// busy reports whether a site has many waits, or many at once.
func (s *lockContention) busy(l *lockSite, w *Window) bool {
	return float64(l.waits) > s.Rate*w.Duration().Seconds() || s.depth(l, w) >= s.Depth
}

// depth is how many goroutines waited long at once, on the average of the window. That is also the
// time they waited long for each second of it.
func (s *lockContention) depth(l *lockSite, w *Window) float64 { return perSecond(l.long, w) }

// merged leaves the worst of the findings that are of one lock, with the other places in its evidence:
// of a mutex that is locked in several places and held in one, and of an RWMutex whose writer
// waits for readers while they wait for it.
func (s *lockContention) merged(findings []Finding) []Finding {
	var kept []Finding
	for _, f := range ranked(findings) {
		i := slices.IndexFunc(kept, func(k Finding) bool {
			return k.Site == f.Site || s.same(k.Evidence.Sites[0].Site, f.Site) && s.same(f.Evidence.Sites[0].Site, k.Site)
		})
		if i < 0 {
			kept = append(kept, f)
			continue
		}
		kept[i].Evidence.Sites = append(kept[i].Evidence.Sites, f.Evidence.Sites[0])
	}
	return kept
}

// same reports whether two sites are in one function.
func (s *lockContention) same(a, b SiteID) bool { return s.code.Site(a).Func == s.code.Site(b).Func }

func (s *lockContention) finding(w *Window, id SiteID, l *lockSite, unlocks []SiteEvidence, first Time) Finding {
	depth, rate := s.depth(l, w), float64(l.waits)/w.Duration().Seconds()
	p99 := l.delays.Quantile(0.99)
	var all time.Duration
	for _, e := range unlocks {
		all += e.Total
	}
	unlocks = worst(unlocks, 3)
	site, held := id, ""
	if len(unlocks) > 0 && 2*unlocks[0].Total >= all {
		site = unlocks[0].Site
		held = fmt.Sprintf(", held in %v", w.Code.Site(site).Short())
	}
	how := fmt.Sprintf("%.0f waits a second", rate)
	if depth >= s.Depth {
		how = fmt.Sprintf("a convoy of %.0f goroutines at once, %s", depth, how)
	}
	locked := w.Code.Site(id).Short()
	f := Finding{
		Severity: severity(p99, 100*time.Millisecond),
		Start:    first,
		End:      w.End,
		Score:    depth / s.Delayed,
		Site:     site,
		Summary: fmt.Sprintf("goroutines waited for the %v taken in %v%s: %s; of those of %s and more P99 %s, at most %s",
			l.kind, locked, held, how, wording.Duration(s.Wait), wording.Duration(p99), wording.Duration(l.delays.Max())),
		Why: "Whoever needs what the lock guards does its work one after another, however many processors there are.",
		Advice: fmt.Sprintf("In %v hold the lock only while reading or changing memory: no I/O, no sleep, no long loop inside; then split the lock or copy what it guards.",
			w.Code.Site(site).Short()),
		Evidence: Evidence{
			Measures: []Measure{
				{Name: "waits", Value: rate, Unit: "1/s", Threshold: s.Rate},
				{Name: "goroutines waiting long at once", Value: depth, Unit: "{goroutine}", Threshold: s.Depth, Baseline: s.usual[id].known()},
				{Name: "wait P99 of the long ones", Value: p99.Seconds(), Unit: "s", Threshold: s.Wait.Seconds()},
			},
			Sites:      append([]SiteEvidence{{Site: id, Count: l.waits, Total: l.total, Max: l.delays.Max(), What: "waited for it"}}, unlocks...),
			Goroutines: []GoroutineEvidence{l.worst},
		},
	}
	return f
}
