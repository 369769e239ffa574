package tracewatch

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wording"
)

// An Answer says why response time changed.
type Answer struct {
	// Sentence says all of it, for people.
	Sentence string `json:"sentence"`

	// Request is whose P99 changed most, of those that there were twenty of at least each time; empty if
	// nothing can be said. Region says that it is a region's name.
	Request string        `json:"request,omitempty"`
	Region  bool          `json:"region,omitempty"`
	Change  time.Duration `json:"change_ns"` // of its P99

	// Queued says that it is not about the time that requests took, but how long they had been
	// there before: that changed more.
	Queued bool `json:"queued,omitempty"`

	// Dimension explains most of the change, Share what share of it, 0 to 1 and more.
	Dimension detectors.Dimension `json:"dimension"`
	Share     float64             `json:"share"`

	// Site is the code at fault, or the closest to it that the trace shows: of a wait for a P who
	// uses the Ps more than before, else where the requests spend that time.
	Site detectors.Site `json:"site,omitzero"`

	// Chain is what one of the slowest requests did, with what was behind its waits.
	Chain []*detectors.Link `json:"chain,omitempty"`
}

const (
	// enough is how many requests have to be of a name in each report for its P99 to say something.
	enough = 20

	// notable is the smallest change of a P99 that is one, as a share of what it was before: the
	// quantiles themselves are a thirty-second off.
	notable = 0.1

	// risenBy is the smallest share of the Ps' time by which something has to use more to be at fault.
	risenBy = 0.05
)

// verdict answers why response time changed. What Compare found out else is there.
func (c *Comparison) verdict(after *Report) Answer {
	top := c.top()
	switch {
	case len(c.Requests) == 0:
		return Answer{Sentence: "nothing can be compared: no task or region has the same name in both; see package tracewatchhttp for how to give requests names"}
	case top == nil:
		return Answer{Sentence: fmt.Sprintf("nothing can be compared: no task or region has %d requests in both", enough)}
	}
	j, what := &top.P99, "the P99 of "+top.Name
	a := Answer{Request: top.Name, Region: top.Region}
	if top.Queued.Change.Abs() > j.Change.Abs() {
		j, what, a.Queued = &top.Queued, "the P99 of how long "+top.Name+" had to wait before it began", true
	}
	a.Change = j.Change
	if j.Change == 0 || float64(j.Change.Abs()) < notable*float64(j.Before) {
		a.Sentence = fmt.Sprintf("nothing changed: what changed most is %s, from %s to %s", what, wording.Duration(j.Before), wording.Duration(j.After))
		return a
	}
	a.Dimension = j.Largest()
	a.Share = j.Share(a.Dimension)
	for _, s := range j.Sites {
		if s.Dimension == a.Dimension {
			a.Site = s.Site
			break
		}
	}
	var s strings.Builder
	verb := "rose"
	if j.Change < 0 {
		verb = "fell"
	}
	fmt.Fprintf(&s, "%s %s from %s to %s: %.0f%% of that is %s", what, verb, wording.Duration(j.Before), wording.Duration(j.After), 100*a.Share, means(a.Dimension))
	if a.Site.Func != "" {
		fmt.Fprintf(&s, ", in %s", a.Site.Short())
	}
	if a.Dimension.WaitsForP() {
		if u := c.risen(j.Change > 0); u != nil {
			if u.Site.Func != "" {
				a.Site = u.Site
			}
			fmt.Fprintf(&s, "; %s now uses %.0f%% of the Ps, before %.0f%%", useName(u), 100*u.After, 100*u.Before)
		}
	}
	for i := range after.Requests {
		r := &after.Requests[i]
		if r.Name == top.Name && r.Region == top.Region && len(r.Slowest) > 0 && j.Change > 0 && !a.Queued {
			a.Chain = clearest(r.Slowest).Chain
			s.WriteString(held(a.Chain, a.Dimension))
		}
	}
	for d, part := range j.Parts {
		if d := detectors.Dimension(d); d != a.Dimension && d != detectors.DimUnknown && j.Share(d) >= 0.1 {
			fmt.Fprintf(&s, "; %.0f%% is %s (%s)", 100*j.Share(d), means(d), wording.Duration(part))
		}
	}
	if a.Dimension != detectors.DimUnknown {
		fmt.Fprintf(&s, "; %.0f%% is not explained", 100*math.Abs(j.Share(detectors.DimUnknown)))
	}
	if q := &top.Queued; !a.Queued && 10*q.Change.Abs() >= j.Change.Abs() && q.Change != 0 {
		fmt.Fprintf(&s, "; before it began it had to wait %s, before %s", wording.Duration(q.After), wording.Duration(q.Before))
	}
	a.Sentence = s.String()
	return a
}

// clearest returns the slowest request of which no more than a tenth is unknown, or else the slowest:
// what one waited for that came with the first events of a trace may have begun before it.
func clearest(slowest []detectors.SlowRequest) *detectors.SlowRequest {
	for i := range slowest {
		if s := &slowest[i]; 10*unknown(s.Chain) <= s.End.Sub(s.Begin) {
			return s
		}
	}
	return &slowest[0]
}

// unknown returns how much of a chain the trace does not tell, behind its waits too.
func unknown(chain []*detectors.Link) (d time.Duration) {
	for _, l := range chain {
		if l.Dimension == detectors.DimUnknown {
			d += l.Total
		}
		d += unknown(l.Behind)
	}
	return d
}

// top returns the name whose P99 changed most, a task's rather than a region's; nil if there is none
// of which there are enough.
func (c *Comparison) top() *Change {
	var top *Change
	for i := range c.Requests {
		r := &c.Requests[i]
		if min(r.CountBefore, r.CountAfter) >= enough && (top == nil || top.Region && !r.Region && 2*r.largest() > top.largest()) {
			top = r
		}
	}
	return top
}

// risen returns what uses the Ps so much more than before, or so much less, nil if nothing does.
func (c *Comparison) risen(up bool) *UseChange {
	for i := range c.Uses {
		if u := &c.Uses[i]; u.Class != detectors.ClassWatch && (u.After > u.Before) == up && math.Abs(u.After-u.Before) >= risenBy {
			return u
		}
	}
	return nil
}

func useName(u *UseChange) string {
	if u.Class == detectors.ClassSystem {
		return "the runtime (its GC workers, most likely)"
	}
	if u.Site.Func == "" {
		return "code that the trace does not name"
	}
	return u.Site.Short()
}

// held says who had the mutex that one of the slowest requests waited for.
func held(chain []*detectors.Link, d detectors.Dimension) string {
	if d != detectors.DimLock {
		return ""
	}
	for _, l := range chain {
		if l.Dimension == d && len(l.Behind) > 0 {
			x := detectors.Explanation{Chain: []*detectors.Link{l}, Goroutine: l.Goroutines[0]}
			return "; one of the slowest: " + x.Sentence()
		}
	}
	return ""
}

// means says what a dimension is.
func means(d detectors.Dimension) string {
	switch d {
	case detectors.DimRunning:
		return "running code"
	case detectors.DimRunnable:
		return "waiting for a P"
	case detectors.DimPreempted:
		return "waiting for a P again after the runtime had stopped it"
	case detectors.DimAssist:
		return "working for the GC (mark assist)"
	case detectors.DimStopTheWorld:
		return "the world being stopped"
	case detectors.DimNetwork:
		return "waiting for the network"
	case detectors.DimNetworkQueue:
		return "waiting for a P with the network's answer there"
	case detectors.DimLock:
		return "waiting for a mutex"
	case detectors.DimChannel:
		return "waiting for another goroutine"
	case detectors.DimSyscall:
		return "system calls"
	case detectors.DimSleep:
		return "sleeping"
	default:
		return "not explained: the trace does not tell what it was"
	}
}
