package detectors

import (
	"fmt"
	"path/filepath"
	"time"
)

// slowLeak finds leaks of a few goroutines an hour. It counts in pieces of a twenty-fourth of
// its look-back, and judges at the end of each. Trace is lost now and then in two hours: what was known at
// the end of the last piece before that is kept, as far as it is there still.
type slowLeak struct {
	GoroutineLeak
	code   *Code
	pieces []slowPiece // the oldest first, at most slowPieces
	told   map[SiteID]int
	seen   lives // at the end of the last whole piece
	before lives // of those, who was there still after the last loss
}

// slowPieces is how many pieces there are: enough to tell whether growth goes on.
const slowPieces = 24

type slowPiece struct {
	start Time
	sites map[SiteID]births
}

// judge takes a window.
func (s *slowLeak) judge(w *Window, now map[SiteID]births) []Finding {
	if w.Fresh || len(s.pieces) == 0 {
		s.lost(w)
		s.pieces = append(s.pieces, slowPiece{w.Start, make(map[SiteID]births)})
	}
	last := &s.pieces[len(s.pieces)-1]
	for site, n := range now {
		b := last.sites[site]
		last.sites[site] = births{b.created + n.created, b.ended + n.ended}
	}
	if w.End.Sub(last.start) < s.Slow/slowPieces {
		return nil
	}
	findings := s.found(w)
	s.seen.take(stuckOf(w, s.code, 0, s.before), s.pieces[0].start)
	s.pieces = append(s.pieces, slowPiece{w.End, make(map[SiteID]births)})
	if n := len(s.pieces) - slowPieces; n > 0 {
		s.pieces = append(s.pieces[:0], s.pieces[n:]...)
	}
	return findings
}

// lost drops the piece that was not whole when trace was lost. Of those that were created before, who
// is not known again counts as ended.
func (s *slowLeak) lost(w *Window) {
	if len(s.pieces) == 0 {
		return
	}
	s.pieces = s.pieces[:len(s.pieces)-1]
	for _, p := range s.pieces {
		for site, b := range p.sites {
			p.sites[site] = births{b.created, b.created}
		}
	}
	s.before = make(lives)
	for g := range w.Goroutines {
		l, ok := s.seen.of(g, s.code)
		if !ok {
			continue
		}
		s.before[g.ID] = l
		for i := len(s.pieces) - 1; i >= 0; i-- {
			if p := s.pieces[i]; p.start <= l.born {
				b := p.sites[l.site]
				p.sites[l.site] = births{b.created, b.ended - 1}
				break
			}
		}
	}
}

// found judges the whole look-back, once it is there.
func (s *slowLeak) found(w *Window) (findings []Finding) {
	start := s.pieces[0].start
	if w.End.Sub(start) < s.Slow-s.Slow/slowPieces {
		return nil
	}
	sums := make(map[SiteID]births)
	for _, p := range s.pieces {
		for site, n := range p.sites {
			b := sums[site]
			sums[site] = births{b.created + n.created, b.ended + n.ended}
		}
	}
	for site, k := range stuckOf(w, s.code, s.SlowParked, s.before) {
		n := s.staying(k, start, w.End)
		sum := sums[site]
		if n < s.SlowCount || float64(sum.created) < s.Ratio*float64(sum.ended) || n <= s.told[site] {
			continue
		}
		s.told[site] = n + n/2 // again only when it has grown by half
		findings = append(findings, s.finding(w, site, sum, k, n))
	}
	return ranked(findings)
}

// staying returns how many of the stuck were born in the look-back and have been parked nearly all
// their lives, 0 if a third of the look-back has none of them, or one has most: that is a pool
// that was filled, and not growth that goes on.
func (s *slowLeak) staying(k *stuckAt, start, end Time) (n int) {
	// The youngest cannot have been parked for long enough yet.
	third := (end.Sub(start) - s.SlowParked) / 3
	if third <= 0 {
		return 0
	}
	var thirds [3]int
	for _, l := range k.lives {
		if l.born < start || 10*l.parked < 9*end.Sub(l.born) {
			continue
		}
		n++
		thirds[min(int(l.born.Sub(start)/third), 2)]++
	}
	for _, m := range thirds {
		if m == 0 || 3*m > 2*n {
			return 0
		}
	}
	return n
}

func (s *slowLeak) finding(w *Window, site SiteID, sum births, k *stuckAt, n int) Finding {
	start := s.pieces[0].start
	span := w.End.Sub(start)
	at, parked := w.Code.Site(site), w.Code.Site(w.Code.SiteOf(k.most())).Short()
	perHour := float64(n) / span.Hours()
	return Finding{
		Severity: Warning,
		Start:    start,
		End:      w.End,
		Score:    float64(n) / float64(s.SlowCount),
		Site:     site,
		Summary: fmt.Sprintf("%v starts goroutines that do not end, slowly: %d created, %d ended in %s, %d of them have been parked in %v nearly all their lives (%.1f an hour)",
			at.Short(), sum.created, sum.ended, span.Round(time.Second), n, parked, perHour),
		Why:    "Each keeps its stack and all it refers to; in days or weeks the process runs out of memory.",
		Advice: fmt.Sprintf("At %s make sure that somebody always wakes the goroutine, on the rare path too: an error, a timeout, a client that went away.", filepath.Base(at.Location())),
		Evidence: Evidence{
			Measures: []Measure{
				{Name: "stay", Value: float64(n), Unit: "{goroutine}", Threshold: float64(s.SlowCount)},
				{Name: "created", Value: float64(sum.created), Unit: "{goroutine}"},
				{Name: "ended", Value: float64(sum.ended), Unit: "{goroutine}", Threshold: float64(sum.created) / s.Ratio},
				{Name: "age of the oldest", Value: k.oldest.Duration.Seconds(), Unit: "s"},
			},
			Sites: []SiteEvidence{
				{Site: site, Count: sum.created, What: "creates them"},
				{Site: w.Code.SiteOf(k.most()), Count: k.where[k.most()], What: "they are parked here"},
			},
			Goroutines: []GoroutineEvidence{k.oldest},
		},
	}
}
