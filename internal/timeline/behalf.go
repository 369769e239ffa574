package timeline

import (
	"github.com/gotracewatch/tracewatch/detectors"
)

func (t *Timeline) parksOnNet(g *goroutine) {
	if s := t.code.Stack(g.Stack); s.Net.FD != detectors.FDNone {
		g.sited = true
		t.parkedOnNet(g, s)
	}
}

// parkedOnNet notes whether a network wait is on somebody's behalf. Request handlers
// always are. For others what came between this wait and the last one tells: see
// given. A newborn of an accept loop, or one that reads in the very function it began
// in, is a connection's loop; any other is an errand. To where it read first of all,
// before it was given anything, a server's loop comes back for the next request,
// whatever it waited for in between. One that had to wait for a connection first is no
// server's: what it reads then, it asked for.
//
// A loop that sends something before each time that it waits there asks, for an answer or
// for news. What a server's connection sends is an answer itself, to what it was home for.
func (t *Timeline) parkedOnNet(g *goroutine, s *detectors.Stack) {
	first := g.netSite == 0 && g.Born && !g.given && (!g.wrote || g.accepted) && s.Net.Mode != detectors.NetConnect
	if s.Net.Mode == detectors.NetAccept {
		g.accepts = true
	}
	if g.netSite == 0 && g.Born && !g.accepted {
		g.given = g.given || t.code.Site(s.Site).Func != t.code.Site(g.Start).Func
	}
	elsewhere := g.netSite != 0 && g.netSite != s.Site
	g.OnBehalf = s.Request || (g.given || elsewhere) && s.Site != g.home
	g.Asked = !g.OnBehalf && g.wrote && s.Site != g.home && s.Net.Mode == detectors.NetRead
	if first {
		g.home = s.Site
	}
	g.netSite, g.given, g.wrote = s.Site, false, false
}
