package detectors

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/gotracewatch/tracewatch/internal/wording"
)

// GoroutineLeak finds go statements whose goroutines do not end.
//
// A site leaks if, over the whole look-back and in every part of it, it creates more
// than [GoroutineLeak.Rate] goroutines a second more than end, at least
// [GoroutineLeak.Ratio] times as many as end, and those that stay are parked for
// good: on a channel, a lock, a select. A slow leak, of a few an hour, is one whose
// goroutines stay, parked nearly all their lives, from every part of the much longer
// [GoroutineLeak.Slow]. Trace that is lost in that time costs it up to a twenty-fourth of Slow each
// time, before Go 1.23 all that it knew: then, or with a loss every few minutes, it finds
// nothing. A dump has only the watcher's history, 30 s by default: reading it does not find a slow
// leak again.
//
// Goroutines that wait for the network or a timer have somebody who will wake them. A pool
// that fills up and levels off is not a leak, because it stops growing; nor is one whose
// goroutines come back to the place where they wait. Nor is what belongs to a session: a
// goroutine of whom a child, the parent, or a brother that was born together with it still waits
// for the network on a connection of its own; nor a request's handler that waits for news, on a
// channel, while its connection lives, nor what it started.
//
// It cannot tell for certain that nobody will ever wake a goroutine. A handler that is stuck while its
// client waits looks like a long poll; over HTTP/2 and gRPC, where many requests have one
// connection, it does so even after its client has given up. Where the program
// has the runtime's goroutineleak profile (Go 1.27), the watcher asks that, and the anomaly
// says what is proven. Nor does it know the go statement of what was there before the trace.
type GoroutineLeak struct {
	Rate     float64       // growth a second; default 3 (specification)
	Ratio    float64       // creations to ends; default 10 (specification)
	LookBack time.Duration // how long it must go on, at most 5 min; default 6 s
	Parked   time.Duration // a goroutine parked this long counts as stuck; default 1 s
	Lasting  time.Duration // from when on it is critical; default 5 min (specification)

	Slow       time.Duration // the look-back for slow leaks, at least twice SlowParked; default 2 h
	SlowCount  int           // so many that stay in that time; default 6
	SlowParked time.Duration // a goroutine parked this long counts as stuck then; default 10 min
}

// Spec implements [Detector].
func (GoroutineLeak) Spec() Spec {
	return Spec{
		Kind: "goroutine-leak",
		Doc:  "A go statement creates goroutines that park and never end.",
	}
}

// New implements [Detector].
func (d GoroutineLeak) New(code *Code) (State, error) {
	s := settings{kind: "goroutine-leak"}
	s.number("Rate", &d.Rate, 3)
	s.number("Ratio", &d.Ratio, 10)
	s.lookBack(&d.LookBack, 6*time.Second)
	s.duration("Parked", &d.Parked, time.Second)
	s.duration("Lasting", &d.Lasting, 5*time.Minute)
	s.duration("Slow", &d.Slow, 2*time.Hour)
	s.count("SlowCount", &d.SlowCount, 6)
	s.duration("SlowParked", &d.SlowParked, 10*time.Minute)
	if d.Slow/2 < d.SlowParked && s.err == nil {
		s.err = fmt.Errorf("detectors: goroutine-leak: Slow is %v and SlowParked %v; Slow must be at least twice as long: set both", d.Slow, d.SlowParked)
	}
	return &goroutineLeak{
		GoroutineLeak: d, code: code, since: make(map[SiteID]Time),
		past: recent[map[SiteID]births]{of: d.LookBack + 2*time.Second},
		slow: slowLeak{GoroutineLeak: d, code: code, told: make(map[SiteID]int), seen: make(lives)},
	}, s.err
}

type goroutineLeak struct {
	GoroutineLeak
	code *Code
	past recent[map[SiteID]births]

	since map[SiteID]Time // when a leak was found first
	slow  slowLeak
}

// births counts what one go statement's goroutines did in a window.
type births struct{ created, ended int }

// Observe is not called: the window's totals have it all.
func (s *goroutineLeak) Observe(*Observation) {}

// bySite sums up a window's births by the site of the go statement.
func (s *goroutineLeak) bySite(w *Window) map[SiteID]births {
	now := make(map[SiteID]births)
	for creator, n := range w.Totals.Births {
		if creator == 0 || n == (Births{}) {
			continue // nobody's go statement: a timer, a C thread, or from before the trace
		}
		site := s.code.SiteOf(StackID(creator))
		b := now[site]
		b.created += int(n.Created)
		b.ended += int(n.Ended)
		now[site] = b
	}
	return now
}

func (s *goroutineLeak) Judge(w *Window) ([]Finding, Verdict) {
	now := s.bySite(w)
	s.past.add(w, now)
	findings := s.slow.judge(w, now)
	span := s.past.span()
	verdict := Verdict{Applicable: true, Threshold: s.Rate, Unit: "{goroutine}/s"}
	if w.Duration() < leakWindow {
		verdict.Note = "the window is too short to judge"
		return findings, verdict
	}
	if span < s.LookBack {
		verdict.Note = fmt.Sprintf("watched for %s; growth is judged over %s", wording.Duration(span), wording.Duration(s.LookBack))
		return findings, verdict
	}
	var leaking []SiteID
	for site := range now {
		growth, grows := s.grows(site, w.End)
		verdict.Value = max(verdict.Value, growth)
		if grows {
			leaking = append(leaking, site)
		}
	}
	maps.DeleteFunc(s.since, func(site SiteID, _ Time) bool { return !slices.Contains(leaking, site) })
	if len(leaking) == 0 {
		return findings, verdict
	}
	stuck := stuckOf(w, s.code, s.Parked, nil)
	for _, site := range leaking {
		k := stuck[site]
		sum := s.sum(site)
		switch {
		case k == nil || 2*k.n < sum.created-sum.ended:
			// Most of those that stayed must be parked for good; the youngest are still on
			// their way there.
		case k.comeBack(w):
			verdict.Note = fmt.Sprintf("what %v starts comes back to where it waits: a pool", w.Code.Site(site).Short())
		default:
			findings = append(findings, s.finding(w, site, sum, k, span))
		}
	}
	return ranked(findings), verdict
}

// leakWindow is the shortest window in which a leak is judged: in a shorter one it does not show
// whether goroutines come back to where they wait.
const leakWindow = 200 * time.Millisecond

// grows reports how many goroutines a second a site gains, and whether it does so
// all the time: the look-back is cut into at most eight pieces of two seconds or more,
// and each must grow. A window belongs to the piece that its middle lies in: its end may
// lie a little on either side of a piece's.
func (s *goroutineLeak) grows(site SiteID, end Time) (perSecond float64, all bool) {
	var gain [8]int
	pieces := max(1, min(int(s.LookBack/(2*time.Second)), len(gain)))
	piece := s.LookBack / time.Duration(pieces)
	for _, p := range s.past.past {
		middle := p.start.Add(p.end.Sub(p.start) / 2)
		if i := int(end.Sub(middle) / piece); i < pieces {
			b := p.value[site]
			gain[i] += b.created - b.ended
		}
	}
	all = true
	total := 0
	for _, n := range gain[:pieces] {
		total += n
		all = all && float64(n) > s.Rate*piece.Seconds()
	}
	sum := s.sum(site)
	all = all && float64(sum.created) >= s.Ratio*float64(sum.ended)
	return float64(total) / s.LookBack.Seconds(), all
}

func (s *goroutineLeak) sum(site SiteID) (b births) {
	for _, p := range s.past.past {
		b.created += p.value[site].created
		b.ended += p.value[site].ended
	}
	return b
}

// manyStuck is so many that it is critical, however short the time.
const manyStuck = 1000

func (s *goroutineLeak) finding(w *Window, site SiteID, sum births, k *stuckAt, span time.Duration) Finding {
	growth := float64(sum.created-sum.ended) / span.Seconds()
	where := k.most()
	level := Warning
	if _, ok := s.since[site]; !ok {
		s.since[site] = w.End
	}
	if w.End.Sub(s.since[site])+s.LookBack >= s.Lasting || k.n >= manyStuck {
		level = Critical
	}
	at, parked := w.Code.Site(site), w.Code.Site(w.Code.SiteOf(where)).Short()
	return Finding{
		Severity: level,
		Start:    s.past.start(),
		End:      w.End,
		Score:    growth / s.Rate,
		Site:     site,
		Summary: fmt.Sprintf("%v starts goroutines that do not end: %d created, %d ended in %s (%.1f a second more); %d are parked in %v",
			at.Short(), sum.created, sum.ended, wording.Duration(span), growth, k.n, parked),
		Why:    "Each keeps its stack and all it refers to; memory grows until the process is killed.",
		Advice: fmt.Sprintf("At %s make sure that somebody always wakes the goroutine: a buffered channel, a select with the context's Done, a close.", filepath.Base(at.Location())),
		Evidence: Evidence{
			Measures: []Measure{
				{Name: "growth", Value: growth, Unit: "{goroutine}/s", Threshold: s.Rate},
				{Name: "created", Value: float64(sum.created), Unit: "{goroutine}"},
				{Name: "ended", Value: float64(sum.ended), Unit: "{goroutine}", Threshold: float64(sum.created) / s.Ratio},
				{Name: "parked for good", Value: float64(k.n), Unit: "{goroutine}"},
				{Name: "age of the oldest of them", Value: k.oldest.Duration.Seconds(), Unit: "s"},
			},
			Sites: []SiteEvidence{
				{Site: site, Count: sum.created, What: "creates them"},
				{Site: w.Code.SiteOf(where), Count: k.where[where], What: "they are parked here"},
			},
			Goroutines: []GoroutineEvidence{k.oldest},
		},
	}
}
