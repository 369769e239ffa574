package detectors

import "time"

// A life is what is known of a goroutine that seems to be stuck. A trace that was lost for a moment lists
// those that are there, without their go statements, their births, and since when they wait. But
// a goroutine's number is never given again: one that waits where it did before the loss is
// known by it, and what it did meanwhile counts as not parked.
type life struct {
	id     GoID
	site   SiteID // of the go statement
	born   Time
	parked time.Duration // as far as it was seen
	stack  StackID
}

// lives are those that were there before a loss.
type lives map[GoID]life

// of returns the life of g, whose birth was lost, if it waits where it did.
func (l lives) of(g *Goroutine, code *Code) (life, bool) {
	if g.Born || g.State != Waiting {
		return life{}, false
	}
	was, ok := l[g.ID]
	if !ok {
		return life{}, false
	}
	then, now := code.Stack(was.stack), code.Stack(g.Stack)
	return was, then.Site == now.Site && then.Bottom == now.Bottom
}

// take keeps the goroutines that seem to be stuck, however short, and were born since a time. A site that
// has very many needs nobody's memory to be found.
func (l lives) take(stuck map[SiteID]*stuckAt, since Time) {
	clear(l)
	for _, k := range stuck {
		if k.n > manyStuck {
			continue
		}
		for _, life := range k.lives {
			if life.born >= since {
				l[life.id] = life
			}
		}
	}
}
