package detectors

// sessions are the goroutines of connections that live: one that waits for the network is woken when
// its client goes away, and then ends the others.
type sessions struct {
	code     *Code
	alive    map[GoID]bool      // who serves such a connection
	brothers map[GoID]*brothers // those that wait for the network, by their parent
	children map[childrenOf]int // how many a parent has at a site that seem to be stuck
}

type childrenOf struct {
	parent GoID
	site   SiteID
}

func sessionsOf(w *Window, code *Code) *sessions {
	s := &sessions{code, make(map[GoID]bool), make(map[GoID]*brothers), make(map[childrenOf]int)}
	type handler struct{ id, parent GoID }
	var handlers []handler
	for g := range w.Goroutines {
		if g.State == Waiting && code.Stack(g.Stack).Net.FD != FDNone {
			s.alive[g.ID] = true
			if g.Parent != NoGoroutine {
				s.alive[g.Parent] = true
				b := s.brothers[g.Parent]
				if b == nil {
					b = new(brothers)
					s.brothers[g.Parent] = b
				}
				b.add(g.CreatedAt)
			}
			continue
		}
		if g.Parent == NoGoroutine {
			continue
		}
		if forGood(g, code) {
			s.children[childrenOf{g.Parent, code.SiteOf(g.Creator)}]++
		}
		if s.handles(g) && !s.isConnection(g) {
			handlers = append(handlers, handler{g.ID, g.Parent})
		}
	}
	// A connection with many requests at a time has a goroutine for each handler.
	for _, h := range handlers {
		if s.alive[h.parent] {
			s.alive[h.id] = true
		}
	}
	return s
}

// has reports whether g belongs to a session. A request's handler does if its connection lives, and
// it waits for news: one that waits for a lock or for somebody to take what it has is stuck all
// the same. Of others, one that started somebody who waits for the network does; so does the
// only one of a site that such a goroutine, or a handler, has started; and one with a brother that
// waits for the network, each of whom stands for one.
func (s *sessions) has(g *Goroutine, site SiteID) bool {
	if s.handles(g) {
		return s.alive[g.ID] && g.Reason != ReasonChanSend && !s.code.Stack(g.Stack).Lock.Excludes()
	}
	if s.alive[g.ID] || s.alive[g.Parent] && s.children[childrenOf{g.Parent, site}] == 1 {
		return true
	}
	b := s.brothers[g.Parent]
	return b != nil && b.take(g.CreatedAt)
}

// handles reports whether g is in the handler of a request.
func (s *sessions) handles(g *Goroutine) bool { return s.code.Stack(g.Stack).Request }

// isConnection reports whether g is an HTTP/1 connection's own goroutine, which calls the handlers
// itself. Its parent is the accept loop, and its brothers are other connections: they say nothing
// of it, and only a child tells that its client is there (backgroundRead).
func (s *sessions) isConnection(g *Goroutine) bool {
	return s.code.Site(s.code.Stack(g.Stack).Bottom).Func == "net/http.(*conn).serve"
}
