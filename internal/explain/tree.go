package explain

import (
	"cmp"
	"slices"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

// namer knows what a trace's numbers stand for.
type namer struct {
	code *detectors.Code
	near detectors.GoID // some goroutine's number: those of one time have the same upper half, or the next
}

// id returns the number of a goroutine of which the lower half is known.
func (n namer) id(low uint32) detectors.GoID {
	if low == 0 {
		return detectors.NoGoroutine
	}
	return n.near + detectors.GoID(int32(low-uint32(n.near)))
}

func (n namer) site(s detectors.StackID) detectors.Site { return n.code.Site(n.code.SiteOf(s)) }

// named is how many goroutines of a link are named.
const named = 8

// tree returns what was divided as links, with what was behind the waits.
func (n namer) tree(d *Division) []*detectors.Link {
	b := treeBuilder{namer: n, Division: d, waits: make(map[int32][]int32), parts: make(map[int32][]int32), links: make(map[linkKey]*building)}
	for i := range d.Parts {
		b.parts[d.Parts[i].Wait] = append(b.parts[d.Parts[i].Wait], int32(i))
	}
	for i := range d.Waits {
		b.waits[d.Waits[i].Wait] = append(b.waits[d.Waits[i].Wait], int32(i))
	}
	root := new(building)
	b.under(root, -1)
	return root.finish(n)
}

// treeBuilder puts the parts of a division under the waits that they are behind. Those that are alike
// become one link.
type treeBuilder struct {
	namer
	*Division
	waits, parts map[int32][]int32 // by the wait that they are behind
	links        map[linkKey]*building
}

// linkKey is what the parts or waits of one link have in common.
type linkKey struct {
	behind    *building
	wait      bool
	dimension detectors.Dimension
	reason    detectors.Reason
	open      bool
	cycle     bool
	own       bool
	site      detectors.SiteID
}

// building is a link that grows.
type building struct {
	detectors.Link
	key    linkKey
	ids    map[uint32]bool
	behind []*building
}

// under adds to a link what is behind a wait.
func (b *treeBuilder) under(l *building, wait int32) {
	for _, i := range b.parts[wait] {
		p := &b.Parts[i]
		k := linkKey{l, false, p.Dimension, p.Reason, p.Open, p.Cycle, p.Own, b.code.SiteOf(p.Stack)}
		b.link(k, p.Stack).add(b.namer, p.G, p.To.Sub(p.From))
	}
	for _, i := range b.waits[wait] {
		w := &b.Waits[i]
		k := linkKey{l, true, b.dimension(w), w.Reason, w.Open, false, false, b.code.SiteOf(w.Stack)}
		if l.key.wait && l.key.dimension == detectors.DimLock && l.key.site == k.site && l.key.reason == k.reason && !w.Open {
			// Who had the mutex had waited for it just the same: the same queue.
			l.ended(b.namer, w)
			b.under(l, i)
			continue
		}
		next := b.link(k, w.Stack)
		next.add(b.namer, w.G, w.To.Sub(w.From))
		next.ended(b.namer, w)
		b.under(next, i)
	}
}

// dimension returns that of a wait for another goroutine.
func (n namer) dimension(w *Wait) detectors.Dimension {
	if w.Reason.Cause() == detectors.CauseLock && !isDelegation(n.code.Stack(w.Stack).Lock) {
		return detectors.DimLock
	}
	return detectors.DimChannel
}

// link returns the link of a key, making it if there is none.
func (b *treeBuilder) link(k linkKey, stack detectors.StackID) *building {
	l := b.links[k]
	rest := l == nil && len(b.links) >= limits.Links
	if rest { // by dimension
		k = linkKey{behind: k.behind, wait: k.wait, dimension: k.dimension}
		l = b.links[k]
	}
	if l == nil {
		l = &building{key: k, ids: make(map[uint32]bool)}
		l.Dimension, l.Open, l.Cycle, l.Site = k.dimension, k.open, k.cycle, b.code.Site(k.site)
		if !rest { // those do not have that in common
			l.What = what(k, b.code.Stack(stack))
		}
		b.links[k] = l
		k.behind.behind = append(k.behind.behind, l)
	}
	return l
}

// what says more of a link than its dimension.
func what(k linkKey, s *detectors.Stack) string {
	switch {
	case k.dimension == detectors.DimLock && s.Lock == detectors.LockRWMutex:
		return "rwmutex"
	case k.dimension == detectors.DimLock && s.Lock == detectors.LockWorld:
		return "right to stop the world"
	case k.dimension == detectors.DimLock && s.Lock == detectors.LockNone:
		return "semaphore"
	case k.dimension == detectors.DimLock:
		return "mutex"
	case k.dimension == detectors.DimNetwork && s.Net.FD != detectors.FDNone:
		return s.Net.FD.String() + " " + s.Net.Mode.String()
	case k.own:
		return detectors.Own
	case k.dimension == detectors.DimAssist:
		return k.reason.String()
	case k.dimension == detectors.DimSleep && k.reason == detectors.ReasonNone:
		return "timer"
	case k.dimension == detectors.DimSleep && k.reason != detectors.ReasonSleep:
		return k.reason.String()
	case k.dimension != detectors.DimChannel:
		return ""
	case k.reason == detectors.ReasonForever:
		return detectors.Forever
	case s.Lock == detectors.LockWaitGroup:
		return "WaitGroup"
	case s.Lock == detectors.LockCond || k.reason == detectors.ReasonCond:
		return "Cond"
	case k.reason == detectors.ReasonChanSend, k.reason == detectors.ReasonChanReceive, k.reason == detectors.ReasonSelect:
		return k.reason.String()
	default:
		return ""
	}
}

// add adds what a goroutine did for a while.
func (l *building) add(n namer, g uint32, d time.Duration) {
	l.Total += d
	l.Count++
	if !l.ids[g] {
		l.ids[g] = true
		if l.NumGoroutines++; l.NumGoroutines <= named {
			l.Goroutines = append(l.Goroutines, n.id(g))
		}
	}
}

// ended adds who ended a wait.
func (l *building) ended(n namer, w *Wait) {
	if l.NumEnders++; l.NumEnders <= named {
		l.Enders = append(l.Enders, detectors.Ender{Goroutine: n.id(w.By), Site: n.site(w.ByStack)})
	}
}

// finish returns what is behind a link, the longest first.
func (l *building) finish(n namer) (links []*detectors.Link) {
	for _, b := range l.behind {
		l := b.Link // and not the rest of b, which knows every goroutine
		l.Behind = b.finish(n)
		links = append(links, &l)
	}
	slices.SortStableFunc(links, func(a, b *detectors.Link) int { return cmp.Compare(b.Total, a.Total) })
	return links
}
