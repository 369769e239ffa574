package detectors

import (
	"fmt"
	"strings"

	"github.com/gotracewatch/tracewatch/internal/wording"
)

// Sentence says in one line why the goroutine was late, down to the root:
//
//	47 goroutines waited up to 310 ms for the mutex taken in store.(*Cache).Get ← held by goroutine 88 in
//	store.load, which waited 305 ms on the network (tcp read, driver.(*Conn).readPacket)
//
// Of several things that it did it is about the longest.
func (x *Explanation) Sentence() string {
	if x.Missing != "" {
		return "not explained: " + x.Missing
	}
	if len(x.Chain) == 0 {
		return ""
	}
	var s strings.Builder
	l := x.Chain[0]
	if x.Alike > 1 {
		fmt.Fprintf(&s, "%d goroutines %s", x.Alike, l.took(x.Alike, "up to "+wording.Duration(max(x.Longest, l.Total))))
	} else {
		fmt.Fprintf(&s, "goroutine %d %s", x.Goroutine, l.did(1))
	}
	depth := 0
	for x := l; len(x.Behind) > 0; x = x.Behind[0] {
		depth++
	}
	for i := 0; len(l.Behind) > 0; i, l = i+1, l.Behind[0] {
		b := l.Behind[0]
		switch by, doer := l.by(); {
		case i >= told && i < depth-1:
			if i == told {
				fmt.Fprintf(&s, " ← and so on, %d waits deep", depth)
			}
		case b.Cycle:
			fmt.Fprintf(&s, " ← %s: %s", by, l.cycle())
		case doer:
			fmt.Fprintf(&s, " ← %s, which %s", by, b.did(1))
		default:
			fmt.Fprintf(&s, " ← %s, after %s %s", by, b.whose(), b.did(b.NumGoroutines))
		}
	}
	if l.Open && !l.Cycle && l.What != Forever && (l.Dimension == DimLock || l.Dimension == DimChannel) {
		s.WriteString(", and nobody was seen who could end that")
	}
	if x.Instead != nil && l.Dimension.WaitsForP() {
		s.WriteString(" ← " + x.Instead.sentence())
	}
	if x.Delayed != nil {
		s.WriteString("; " + x.Delayed.sentence())
	}
	return s.String()
}

// told is how many waits behind each other a sentence tells of, before the last.
const told = 4

// Tree says the same on several lines, and all of it: what was behind what, and who ran instead.
func (x *Explanation) Tree() string { return strings.Join(x.lines(), "\n") + "\n" }

func (x *Explanation) lines() []string {
	if x.Missing != "" {
		return []string{"not explained: " + x.Missing}
	}
	lines := x.chainLines()
	if x.Instead != nil {
		lines = x.Instead.lines(lines)
	}
	if x.Delayed != nil {
		lines = append(lines, x.Delayed.sentence())
		for _, s := range x.Delayed.Sites {
			line := fmt.Sprintf("  %s in %s", wording.Duration(s.Total), s.place())
			if s.Count > 1 {
				line += fmt.Sprintf(", %d times, at most %s", s.Count, wording.Duration(s.Max))
			}
			lines = append(lines, line)
		}
	}
	return lines
}

// chainLines returns those of the lines that the chain is.
func (x *Explanation) chainLines() (lines []string) {
	if x.Alike > 1 {
		lines = append(lines, fmt.Sprintf("%d goroutines, of them one:", x.Alike))
	}
	for _, l := range x.Chain {
		lines = append(lines, fmt.Sprintf("goroutine %d %s", x.Goroutine, l.did(1)))
		lines = l.lines(lines, "")
	}
	return lines
}

// lines adds what is behind a link.
func (l *Link) lines(lines []string, indent string) []string {
	for i, b := range l.Behind {
		branch, below := "├ ", "│ "
		if i == len(l.Behind)-1 {
			branch, below = "└ ", "  "
		}
		by := ""
		if i == 0 {
			by, _ = l.by()
			by += ": "
		}
		if b.Cycle {
			lines = append(lines, indent+branch+by+l.cycle())
			continue
		}
		lines = append(lines, indent+branch+by+b.whose()+" "+b.did(b.NumGoroutines))
		lines = b.lines(lines, indent+below)
	}
	return lines
}

// whose names the goroutines of a link.
func (l *Link) whose() string {
	switch {
	case l.NumGoroutines == 1 && l.Goroutines[0] != NoGoroutine:
		return fmt.Sprintf("goroutine %d", l.Goroutines[0])
	case l.NumGoroutines <= 1:
		return "a goroutine"
	default:
		return fmt.Sprintf("%d goroutines", l.NumGoroutines)
	}
}

// by says who ended a wait: of several the one whose doing took longest, if it is one's. It reports too
// whether it is that one who did what stands first behind the wait.
func (l *Link) by() (text string, doer bool) {
	did := "ended"
	switch {
	case l.Open && l.Dimension == DimLock:
		did = "last taken, as far as the trace tells,"
	case l.Open:
		did = "a wait like that was last ended"
	case l.Dimension == DimLock:
		did = "held"
	}
	var e Ender
	if len(l.Enders) > 0 {
		e = l.Enders[0]
	}
	first := NoGoroutine
	if b := l.Behind[0]; b.NumGoroutines == 1 {
		first = b.Goroutines[0]
	}
	longest, others := "", ""
	if l.NumEnders > 1 {
		did += fmt.Sprintf(" %d times", l.NumEnders)
		longest, others = ",", " and others"
		same := true
		for i := range l.Enders {
			x := &l.Enders[len(l.Enders)-1-i]
			same = same && x.Goroutine == l.Enders[0].Goroutine
			if first != NoGoroutine && x.Goroutine == first {
				e, longest, others = *x, ", longest", ""
			}
		}
		if same && others == "" {
			longest = ""
		}
	}
	who := "somebody"
	switch {
	case e.Goroutine == NoGoroutine:
	case l.Open && l.isOf(e.Goroutine):
		who = "itself"
	default:
		who = fmt.Sprintf("goroutine %d", e.Goroutine)
	}
	if e.Site.Func != "" {
		who += " in " + e.Site.Short()
	}
	return did + longest + " by " + who + others, others != "" || first == e.Goroutine
}

// isOf reports whether a link is the doing of one goroutine and no other.
func (l *Link) isOf(g GoID) bool { return l.NumGoroutines == 1 && l.Goroutines[0] == g }

// cycle says of a wait that it is for somebody who waits for it. Who took a mutex without having to wait leaves no
// event, nor does who unlocks it without waking anybody: that it still has it is not known.
func (l *Link) cycle() string {
	self := len(l.Enders) > 0 && l.isOf(l.Enders[0].Goroutine)
	switch {
	case self && l.Dimension == DimLock:
		return "a deadlock, unless it has unlocked it since"
	case self:
		return "it waits for itself, or for somebody who was not seen"
	case l.Dimension == DimLock:
		return "they wait for each other, a deadlock unless one has unlocked since"
	default:
		return "they wait for each other, or for somebody who was not seen"
	}
}

// did says what a link was, and how long it took, of so many goroutines.
func (l *Link) did(goroutines int) string { return l.took(goroutines, wording.Duration(l.Total)) }

// took is did with how long it took in words.
func (l *Link) took(goroutines int, d string) string {
	was, has, still := "was", "has", " and still does"
	if goroutines > 1 {
		was, has, still = "were", "have", " and still do"
	}
	if !l.Open {
		return l.deed(was, "waited "+d, d)
	}
	return l.deed(was, has+" waited "+d, d) + still
}

// deed is took, of one or of several; waited stands for just that.
func (l *Link) deed(was, waited, d string) string {
	in := ""
	if l.Site.Func != "" {
		in = " in " + l.Site.Short()
	}
	switch l.Dimension {
	case DimRunning:
		return "ran " + d + in
	case DimRunnable:
		return waited + " for a P" + prefixed(" to go on", in)
	case DimPreempted:
		return waited + " for a P" + prefixed(", stopped by the runtime", in)
	case DimNetworkQueue:
		return waited + " for a P after the network was ready" + prefixed(",", in)
	case DimAssist:
		if l.What != "" {
			return waited + " for the GC to get ahead" + in
		}
		return "had to help the GC for " + d + in
	case DimStopTheWorld:
		if l.What == Own {
			return "kept the world stopped for " + d + in
		}
		return was + " held up " + d + " by a stop of the world" + in
	case DimNetwork:
		if l.What == "" {
			return waited + " on the network" + in
		}
		return fmt.Sprintf("%s on the network (%s%s)", waited, l.What, prefixed(", ", strings.TrimPrefix(in, " in ")))
	case DimLock:
		if l.What == "" {
			return waited + " for locks" + in
		}
		return waited + " for the " + l.What + prefixed(" taken", in)
	case DimChannel:
		return waited + " " + l.waitsFor() + in
	case DimSyscall:
		return was + " in a system call for " + d + in
	case DimSleep:
		return l.slept(was, waited, d, in)
	default:
		if l.Open {
			return waited + " for something that the trace does not tell" + in
		}
		return "spent " + d + " on something that the trace does not tell" + in
	}
}

// prefixed puts something before a place, if there is one.
func prefixed(text, in string) string {
	if in == "" {
		return ""
	}
	return text + in
}

// Own is what a link of a stop of the world says in What if its goroutine was the one that had stopped it.
const Own = "own"

// Forever is what a link of waiting says in What if nothing can end it: select {}, or a nil channel.
const Forever = "forever"

// waitsFor says for what one waits that is neither a mutex nor the network.
func (l *Link) waitsFor() string {
	switch l.What {
	case "WaitGroup", "Cond":
		return "for a " + l.What
	case "select":
		return "in a select"
	case "chan send":
		return "to send on a channel"
	case "chan receive":
		return "to receive from a channel"
	case Forever:
		return "for nothing that can come (select {} or a nil channel)"
	default:
		return "for another goroutine"
	}
}

// slept says how one waited for a timer.
func (l *Link) slept(was, waited, d, in string) string {
	switch l.What {
	case "select", "chan receive":
		return waited + " " + l.waitsFor() + in + ", until a timer went off"
	case "timer":
		return was + " started by a timer after " + d + in
	default:
		return "slept " + d + in
	}
}

// share says what part of all Ps' time something took.
func (x *Instead) share(d Occupant) string {
	all := float64(x.Ready) * float64(x.Procs)
	if all <= 0 {
		return "0%"
	}
	return fmt.Sprintf("%.0f%%", 100*float64(d.Total)/all)
}

func (o *Occupant) name() string {
	switch {
	case o.Class == ClassWatch:
		return "tracewatch itself"
	case o.Class == ClassSystem && o.Site.Func == "runtime.gcBgMarkWorker":
		return "the GC's workers"
	case o.Class == ClassSystem:
		return "the runtime's " + strings.TrimPrefix(o.Site.Short(), "runtime.")
	case o.Site.Func == "":
		return unnamed
	default:
		return o.Site.Short()
	}
}

func (x *Instead) sentence() string {
	if len(x.Ran) == 0 {
		return "nobody was seen to run meanwhile" + x.idle()
	}
	o := &x.Ran[0]
	s := fmt.Sprintf("%s used %s of %s meanwhile", o.name(), x.share(*o), wording.Many(x.Procs, "P"))
	if o.Goroutines > 1 {
		s += fmt.Sprintf(" with %d goroutines", o.Goroutines)
	} else {
		s += fmt.Sprintf(" (goroutine %d)", o.LongestBy)
	}
	return s + x.idle()
}

// idle says that somebody could have run that waited, if that is worth saying.
func (x *Instead) idle() string {
	if 10*x.Idle < x.Ready {
		return ""
	}
	return fmt.Sprintf("; yet Ps were idle for %s together: it could have run there (the runtime or the machine was slow to start a thread)", wording.Duration(x.Idle))
}

func (x *Instead) lines(lines []string) []string {
	lines = append(lines, fmt.Sprintf("in the %s that it waited for a P, of %s:", wording.Duration(x.Ready), wording.Many(x.Procs, "P")))
	for _, o := range x.Ran {
		who := fmt.Sprintf("goroutine %d", o.LongestBy)
		if o.Goroutines > 1 {
			who = fmt.Sprintf("%d goroutines, longest %s", o.Goroutines, who)
		}
		lines = append(lines, fmt.Sprintf("  %4s %s, %s", x.share(o), o.name(), who))
	}
	if x.Idle > 0 {
		lines = append(lines, fmt.Sprintf("  %4s nothing: idle", x.share(Occupant{Total: x.Idle})))
	}
	if x.Other > 0 {
		lines = append(lines, fmt.Sprintf("  %4s other things", x.share(Occupant{Total: x.Other})))
	}
	return lines
}

func (x *Delayed) sentence() string {
	s := fmt.Sprintf("meanwhile %s waited for a P, %s", wording.Many(x.Goroutines, "goroutine"), wording.Duration(x.Total))
	if x.Goroutines > 1 {
		s += fmt.Sprintf(" together, at most %s", wording.Duration(x.Max))
	}
	if len(x.Sites) > 0 {
		s += ", longest in " + x.Sites[0].place()
	}
	return s
}

// unnamed stands for the name of code that a trace does not tell.
const unnamed = "code that the trace does not name"

func (s *SiteEvidence) place() string {
	if s.Site == 0 {
		return unnamed
	}
	return Site{Func: s.Name}.Short()
}
