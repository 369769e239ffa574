package detectors

import "time"

// stuckAt is what is known of a site's goroutines that are parked for good.
type stuckAt struct {
	n      int
	oldest GoroutineEvidence
	where  map[StackID]int
	lives  []life
}

// most returns where most of them are parked.
func (k *stuckAt) most() (where StackID) {
	for id, n := range k.where {
		if n > k.where[where] || n == k.where[where] && id < where {
			where = id
		}
	}
	return where
}

// comeBack reports whether goroutines come back to where these are parked: many more parked there
// in the window than began in their function. They are workers that have nothing to do.
func (k *stuckAt) comeBack(w *Window) bool {
	where, t := w.Code.Stack(k.most()), w.Totals
	parks, born := uint64(0), uint64(0)
	for id, r := range t.Runs {
		// A generation's list and the event of parking give stacks that differ in their innermost frames.
		if s := w.Code.Stack(StackID(id)); r.Count > 0 && s.Site == where.Site && s.Bottom == where.Bottom {
			parks += r.Count
		}
	}
	if int(where.Bottom) < len(t.All.Begun) {
		born = t.All.Begun[where.Bottom].Created
	}
	return parks > 2*born+5
}

// stuckOf returns, by the site of the go statement, the goroutines that have been parked for so
// long with nobody known who will wake them, and that belong to no session; among them those that
// are known from before a loss.
func stuckOf(w *Window, code *Code, parked time.Duration, before lives) map[SiteID]*stuckAt {
	sessions := sessionsOf(w, code)
	found := make(map[SiteID]*stuckAt)
	for g := range w.Goroutines {
		l, known := before.of(g, code)
		switch {
		case known:
			l.parked += w.End.Sub(g.Since)
		case forGood(g, code):
			l = life{g.ID, code.SiteOf(g.Creator), g.CreatedAt, w.End.Sub(g.Since), g.Stack}
		default:
			continue
		}
		if l.parked < parked || !known && sessions.has(g, l.site) {
			continue
		}
		k := found[l.site]
		if k == nil {
			k = &stuckAt{where: make(map[StackID]int)}
			found[l.site] = k
		}
		k.n++
		k.where[g.Stack]++
		k.lives = append(k.lives, l)
		if d := w.End.Sub(l.born); d > k.oldest.Duration {
			k.oldest = GoroutineEvidence{ID: g.ID, Proc: g.LastP, At: l.born, Duration: d, Stack: g.Stack, What: "lives since then, parked here: " + g.Reason.String()}
		}
	}
	return found
}

// forGood reports whether nobody is known who will wake g, whose go statement was seen.
func forGood(g *Goroutine, code *Code) bool {
	if g.State != Waiting || g.Class != ClassUser || !g.Born || g.Creator == 0 {
		return false
	}
	switch g.Reason {
	case ReasonNetwork, ReasonSleep, ReasonSystem, ReasonAssist, ReasonSweep, ReasonUntilGCEnds:
		return false
	}
	return code.Stack(g.Stack).Net.FD == FDNone
}
