package detectors

import (
	"cmp"
	"fmt"
	"math"
	"time"

	"github.com/gotracewatch/tracewatch/internal/wording"
)

// NetpollBlock finds many goroutines waiting for the network at once, because
// whoever is to answer is slow.
//
// Only waits that somebody waits for are counted: not accept loops, not a server's
// connections between two requests, not a client's background reader, and no
// goroutine in a loop around one read (see [Goroutine.OnBehalf]). One that sends something
// each time before it waits may be asking for news: see [Goroutine.Asked]; such waits count
// where it is known what is usual. A wait of more than
// [NetpollBlock.Idle] is taken for a subscription or a long poll. A site whose waits
// have always been that long is not news either: it is told for ten seconds after it was
// first seen, and then only when it gets slower.
//
// Of a site that has just appeared it is not known what it waits for: it may be where
// hundreds of clients subscribe, all at once. Until it has a history (of quick answers, or of
// twice [NetpollBlock.Idle]), only waits that have ended count, within [NetpollBlock.NewIdle],
// and those of a request's handler. So a peer that was slow from the beginning is found if
// it answers in less than that.
//
// It cannot see who waits on a channel for a goroutine that reads from a connection, but for
// the clients that it knows (net/http, gRPC); nor the descriptor's number, nor whether a
// deadline passed. TCP and unix sockets look alike in a stack and are both given as tcp.
type NetpollBlock struct {
	Block    time.Duration // a wait this long counts; default 50 ms (specification)
	Blocked  float64       // how many at once, on the average over a window; default 10 (specification)
	Idle     time.Duration // a wait longer than this is nobody's answer; default 5 s
	NewIdle  time.Duration // the same at a site without a history; default 1 s
	Growth   float64       // how many times its usual mean a site's wait must be; default 2
	LookBack time.Duration // two windows within this must show it, half a second of them; default 4 s
}

// Spec implements [Detector].
func (d NetpollBlock) Spec() Spec {
	return Spec{
		Kind:    "netpoll-block",
		Doc:     "Many goroutines waited at once for answers from the network, longer than usual.",
		Long:    Set(GoUnpark),
		AtLeast: cmp.Or(d.Block, netpollLong),
		Reasons: SetReasons(ReasonNetwork, ReasonSelect),
	}
}

// netpollLong is the default of [NetpollBlock.Block].
const netpollLong = 50 * time.Millisecond

// New implements [Detector].
func (d NetpollBlock) New(code *Code) (State, error) {
	s := settings{kind: "netpoll-block"}
	s.duration("Block", &d.Block, netpollLong)
	s.number("Blocked", &d.Blocked, 10)
	s.duration("Idle", &d.Idle, 5*time.Second)
	s.duration("NewIdle", &d.NewIdle, time.Second)
	s.number("Growth", &d.Growth, 2)
	s.lookBack(&d.LookBack, 4*time.Second)
	return &netpollBlock{
		NetpollBlock: d, code: code, now: make(map[SiteID]*netSite), usual: make(usualAt), answered: make(map[SiteID]bool), seen: make(map[SiteID]Time),
		past:  recent[map[SiteID]bool]{of: d.LookBack},
		begun: recent[struct{}]{of: d.LookBack + netpollBefore},
	}, s.err
}

type netpollBlock struct {
	NetpollBlock
	code  *Code
	now   map[SiteID]*netSite
	usual usualAt                 // the mean wait, in seconds
	past  recent[map[SiteID]bool] // the sites that were overloaded
	begun recent[struct{}]        // the windows that a dump has to show
	start Time                    // of the window
	since unjudged

	answered map[SiteID]bool // some waits have ended there, as answers do
	seen     map[SiteID]Time // since when it is known what the waits there are
}

// netpollBefore is how much of the time before the trouble a dump shows: without what was
// usual it would not be one.
const netpollBefore = 6 * time.Second

// netSite is what happened at one site in the window.
type netSite struct {
	op     NetOp
	direct bool // the network itself was waited for, not a goroutine that reads from it
	serves bool // a request's handler waited

	// The waits, short and long, that were answers and not subscriptions.
	count int
	total time.Duration

	long  time.Duration               // of the long waits, what lies in the window
	sure  time.Duration               // the same of those that are for an answer, whatever is usual
	waits Histogram                   // the long ones
	by    [len(netpollBounds) + 1]int // how many of the long ones lie between two bounds
	worst GoroutineEvidence
}

// netpollBounds divide the waits in a finding's evidence (specification).
var netpollBounds = [...]time.Duration{50 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second}

func (n *netSite) mean() time.Duration {
	if n.count <= 0 {
		return 0
	}
	return n.total / time.Duration(n.count)
}

// boundOf returns which of the bounds a wait passes last, counted from one; none: 0.
func boundOf(d time.Duration) int {
	i := 0
	for i < len(netpollBounds) && d > netpollBounds[i] {
		i++
	}
	return i
}

// lengths returns how many waits there were between the bounds. Of those of less than
// [NetpollBlock.Block] it is only known how many they are.
func (n *netSite) lengths(block time.Duration) []Measure {
	all := []Measure{{Name: "waits of less than " + wording.Duration(block), Value: float64(max(0, n.count-int(n.waits.Count()))), Unit: "{wait}"}}
	from := block
	for i, count := range n.by {
		name := "waits from " + wording.Duration(from)
		if i < len(netpollBounds) {
			if netpollBounds[i] <= block {
				continue
			}
			from = netpollBounds[i]
			name += " to " + wording.Duration(from)
		} else {
			name += " on"
		}
		all = append(all, Measure{Name: name, Value: float64(count), Unit: "{wait}"})
	}
	return all
}

// p99 returns what 99 % of the waits do not pass. The short ones are not told apart.
func (n *netSite) p99(short time.Duration) time.Duration {
	rank := math.Ceil(0.99*float64(n.count)) - float64(n.count-int(n.waits.Count()))
	if rank <= 0 {
		return short
	}
	return n.waits.Quantile(rank / float64(n.waits.Count()))
}

// Observe takes the long waits. All are in the window's totals.
func (s *netpollBlock) Observe(o *Observation) {
	if o.G.Class != ClassUser || !inFlight(o.G, o.Reason) {
		return
	}
	s.since.observed(o.Time)
	n := s.site(o.Stack)
	switch {
	case n == nil:
	case o.Duration > s.Idle:
		n.count--
		n.total -= o.Duration
	default:
		k := s.code.Stack(o.Stack)
		sure := !o.G.Asked && !k.Net.Body && (o.Duration <= s.NewIdle || k.Request)
		s.late(n, o.G, o.Stack, o.Duration, o.Time, sure)
	}
}

// knows reports whether it is known what is usual at a site: it has a history that is long enough to
// tell answers from news, or that shows that the answers are quick.
func (s *netpollBlock) knows(at SiteID, now Time) bool {
	usual := s.usual[at].known()
	return usual > 0 && (usual <= s.Block.Seconds() || now.Sub(s.seen[at]) >= 2*s.Idle)
}

// site returns what is known of a network wait's site, nil if it does not count.
func (s *netpollBlock) site(stack StackID) *netSite {
	k := s.code.Stack(stack)
	if stack == 0 || k.Net.FD == FDNone || k.Net.Idle || !k.User {
		return nil
	}
	n := s.now[k.Site]
	if n == nil {
		n = &netSite{op: k.Net, serves: k.Request}
		s.now[k.Site] = n
	}
	return n
}

// late counts a wait that has lasted d at a moment if it is a long one.
func (s *netpollBlock) late(n *netSite, g *Goroutine, stack StackID, d time.Duration, at Time, sure bool) {
	if d < s.Block {
		return
	}
	n.waits.Add(d)
	n.by[boundOf(d)]++
	here := min(d, at.Sub(s.start)) // the part that lies in this window
	n.long += here
	if sure {
		n.sure += here
	}
	if d > n.worst.Duration {
		op := s.code.Stack(stack).Net
		n.worst = GoroutineEvidence{ID: g.ID, Proc: g.LastP, At: at.Add(-d), Duration: d, Stack: stack, What: "waited for " + op.FD.String() + " " + op.Mode.String()}
	}
}

// sum adds the window's totals, and the waits that have not ended yet.
func (s *netpollBlock) sum(w *Window) {
	for id, t := range w.Totals.Network {
		if t.Answers.Count+t.Asked.Count == 0 {
			continue
		}
		if n := s.site(StackID(id)); n != nil {
			n.count += int(t.Answers.Count + t.Asked.Count)
			n.total += t.Answers.Total + t.Asked.Total
			if n.count > 0 {
				s.answered[s.code.SiteOf(StackID(id))] = true
			}
			n.direct = n.direct || t.Waits.Count > 0
		}
	}
	for g := range w.Goroutines {
		if g.State != Waiting || g.Class != ClassUser || !g.SinceKnown || !inFlight(g, g.Reason) {
			continue
		}
		if n, d := s.site(g.Stack), w.End.Sub(g.Since); n != nil && d <= s.Idle {
			n.count++
			n.total += d
			n.direct = n.direct || g.Reason != ReasonSelect
			k := s.code.Stack(g.Stack)
			s.late(n, g, g.Stack, d, w.End, k.Request && s.answered[k.Site] && !g.Asked && !k.Net.Body)
		}
	}
}

// inFlight reports whether somebody waits for g's wait to end. An HTTP client's caller
// waits in a select, always for an answer.
func inFlight(g *Goroutine, reason Reason) bool {
	switch reason {
	case ReasonNetwork, ReasonNone: // a listed goroutine's reason is not recorded
		return g.OnBehalf || g.Asked
	case ReasonSelect:
		return true
	}
	return false
}

func (s *netpollBlock) Judge(w *Window) ([]Finding, Verdict) {
	defer func() { s.start = w.End }()
	if s.since.stale(w) {
		clear(s.now)
	}
	if w.Fresh {
		s.start = w.Start
		clear(s.usual)
		clear(s.answered)
		clear(s.seen)
	}
	s.begun.add(w, struct{}{})
	s.sum(w)
	now := s.now
	s.now = make(map[SiteID]*netSite)
	over := make(map[SiteID]bool)
	var at SiteID
	var most *netSite
	top := 0.0
	for id, n := range now {
		c := s.concurrent(id, n, w)
		if c > s.Blocked && s.usual[id].exceeds(n.mean().Seconds(), s.Growth) {
			over[id] = true
		}
		if over[id] && (most == nil || s.deeper(n, most) || !s.deeper(most, n) && c > s.concurrent(at, most, w)) {
			at, most = id, n
		}
		top = max(top, c)
	}
	s.learn(now, over, w.End)
	s.past.add(w, over)
	verdict := Verdict{Applicable: true, Value: top, Threshold: s.Blocked, Unit: "{goroutine}"}
	if most == nil {
		return nil, verdict
	}
	first, lasting := s.past.lasting(func(over map[SiteID]bool) bool { return over[at] })
	if !lasting {
		verdict.Note = "not for long enough yet"
		return nil, verdict
	}
	c := s.concurrent(at, most, w)
	p99, mean := most.p99(s.Block), most.mean()
	baseline := s.usual[at].known()
	name := w.Code.Site(at).Short()
	f := Finding{
		Severity: severity(mean, time.Second),
		Start:    s.begun.before(first, minUsual+1),
		End:      w.End,
		Score:    c / s.Blocked,
		Site:     at,
		Summary: fmt.Sprintf("%.0f goroutines at once waited for the network in %v (%v %v): mean %s, P99 %s, at most %s",
			c, name, most.op.FD, most.op.Mode, wording.Duration(mean), wording.Duration(p99), wording.Duration(most.waits.Max())),
		Why:    "Whoever answers them is slow or gone; their callers wait as long, and hold on to memory and connections.",
		Advice: fmt.Sprintf("Look at the peer that %v talks to; put a deadline and a limit of calls in flight there, so that its slowness does not become yours.", name),
		Evidence: Evidence{
			Measures: []Measure{
				{Name: "goroutines waiting at once", Value: c, Unit: "{goroutine}", Threshold: s.Blocked},
				{Name: "wait mean", Value: mean.Seconds(), Unit: "s", Threshold: s.Block.Seconds(), Baseline: baseline},
				{Name: "wait P99", Value: p99.Seconds(), Unit: "s"},
			},
			Goroutines: []GoroutineEvidence{most.worst},
		},
	}
	f.Evidence.Measures = append(f.Evidence.Measures, most.lengths(s.Block)...)
	if baseline == 0 {
		f.Why += " What is usual there is not known: it has been like this since it was first seen."
	}
	for id := range over {
		n := now[id]
		f.Evidence.Sites = append(f.Evidence.Sites, SiteEvidence{Site: id, Count: n.count, Total: n.long, Max: n.waits.Max(), What: "waited for the network"})
	}
	f.Evidence.Sites = worst(f.Evidence.Sites, 5)
	return []Finding{f}, verdict
}

// deeper reports whether a is nearer to the end of a chain of calls than b: what waits for the
// network itself is, and a request's handler is nearer than a client that waits for such.
func (s *netpollBlock) deeper(a, b *netSite) bool {
	if a.direct != b.direct {
		return a.direct
	}
	return a.serves && !b.serves
}

// concurrent is how many long waits went on at once, on the average of the window.
func (s *netpollBlock) concurrent(id SiteID, n *netSite, w *Window) float64 {
	if s.knows(id, w.End) {
		return perSecond(n.long, w) // news would always have taken as long
	}
	return perSecond(n.sure, w)
}

// learn lets the windows tell what is usual.
func (s *netpollBlock) learn(now map[SiteID]*netSite, over map[SiteID]bool, at Time) {
	for id, n := range now {
		switch {
		case n.count <= 0:
		case over[id]:
			s.usual.at(id).learnOver(n.mean().Seconds(), at)
		default:
			s.usual.at(id).learn(n.mean().Seconds())
			if _, ok := s.seen[id]; !ok {
				s.seen[id] = at
			}
		}
	}
}
