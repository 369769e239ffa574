package detectors

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gotracewatch/tracewatch/internal/wording"
)

// stopCause is what can be said of why runs were not stopped in time.
type stopCause struct {
	taken
	failed time.Duration // of all runs that were too long, between the first reading and the last
}

// cause weighs what the machine did in the windows of the look-back.
func (s *preemptFailure) cause(all *runsWindow) stopCause {
	var c stopCause
	for _, m := range all.machine {
		if m.from >= s.past.start() { // else a dump of these windows does not show its beginning
			c.add(&m)
		}
	}
	// What ran before the first reading or after the last is not compared with what was used
	// between them.
	for _, p := range s.past.past {
		if middle := p.start.Add(p.end.Sub(p.start) / 2); middle < c.from || middle > c.to {
			continue
		}
		c.ran += p.value.ran
		for _, l := range p.value.runs {
			here := max(0, min(l.end, c.to).Sub(max(l.begin, c.from))) // it counts as a whole where it ends
			c.ran -= l.end.Sub(l.begin) - here
			if l.end.Sub(l.begin) >= s.Run {
				c.failed += here
			}
		}
	}
	return c
}

// sysmon estimates how often the runtime's own watcher looks, 0 if nothing tells. It looks at
// a P again at the latest after its interval, so that a run that it stops ends that much
// after the 10 ms. What is at a site does not count: it may be what cannot be stopped.
func (p *runsWindow) sysmon(but SiteID) time.Duration {
	var runs []time.Duration
	for _, r := range p.stopped {
		if r.site != but {
			runs = append(runs, r.ran)
		}
	}
	if len(runs) == 0 {
		return 0
	}
	slices.Sort(runs)
	return max(0, runs[len(runs)*9/10]-allowed)
}

// half reports whether a time is at least half of what the long runs took.
func (c *stopCause) half(d time.Duration) bool { return c.failed > 0 && 2*d >= c.failed }

func (c *stopCause) isThrottled() bool { return c.half(c.throttled) }

// isOff reports whether the goroutines held their Ps and used no processor.
func (c *stopCause) isOff() bool {
	off, known := c.off()
	return known && c.half(off)
}

// isStolen and isStarved report whether that was so because others had the processors.
func (c *stopCause) isStolen() bool  { return c.isOff() && c.stolen() }
func (c *stopCause) isStarved() bool { return c.isOff() && c.starved() }

// ownFault reports whether it is the code's and not the machine's.
func (c *stopCause) ownFault() bool { return !c.isThrottled() && !c.isStarved() }

// of says why the runs at a site were not stopped, and what to do.
func (c *stopCause) of(code *Code, l *longRuns, name string, late bool, sysmon time.Duration) (reason, advice string) {
	const innocent = "; the code is not at fault."
	off, _ := c.off()
	switch {
	case c.isThrottled():
		return fmt.Sprintf("the cgroup was throttled for %s of that time", wording.Duration(c.throttled)),
			adviceThrottled + innocent
	case inSyscall(code.Frames(l.worst.Stack)):
		return "it is in a system call that the runtime does not know of",
			fmt.Sprintf("Make the call in %v with syscall.Syscall and not RawSyscall: the runtime then gives the P to others meanwhile.", name)
	case c.isOff() && !c.isStarved():
		return fmt.Sprintf("it used no processor for %s of that time, and its threads did not wait for one: it waits in a system call that the runtime does not know of, or for memory from a disk", wording.Duration(off)),
			fmt.Sprintf("If %v makes a call with RawSyscall, make it with syscall.Syscall, so that the runtime gives the P to others meanwhile; if it reads mapped memory, read the file instead.", name)
	case c.isStolen():
		return fmt.Sprintf("the hypervisor gave the machine's processors to others for %s of that time", wording.Duration(c.steal.Value)),
			adviceStolen + innocent
	case c.isStarved():
		return fmt.Sprintf("the machine was starved, its threads got no processor for %s of that time", wording.Duration(off)),
			adviceStarved + innocent
	case late:
		return fmt.Sprintf("sysmon looked only about every %s", wording.Duration(sysmon)),
			"The runtime's own thread came too late: look at what keeps the machine's processors, the trace does not tell."
	default:
		return "it has no preemption point there",
			fmt.Sprintf("Cut the work of %v into pieces of at most a megabyte: a call into assembly (copy, hash, search) over a huge slice cannot be interrupted. With GODEBUG=asyncpreemptoff=1 no loop can be that makes no call.", name)
	}
}

// inSyscall reports whether a stack ends in a system call that the runtime was not told of.
func inSyscall(frames []Frame) bool {
	for _, f := range frames[:min(len(frames), 4)] {
		switch {
		case strings.HasPrefix(f.Func, "syscall.rawSyscall"), strings.HasPrefix(f.Func, "syscall.RawSyscall"),
			strings.HasPrefix(f.Func, "syscall.rawVfork"), strings.HasPrefix(f.Func, "internal/runtime/syscall"),
			strings.HasPrefix(f.Func, "golang.org/x/sys/unix.RawSyscall"), f.Func == "golang.org/x/sys/unix.SyscallNoError":
			return true
		}
	}
	return false
}

// note says what is known of sysmon.
func note(sysmon time.Duration) string {
	if sysmon == 0 {
		return ""
	}
	return fmt.Sprintf("runs that were preempted suggest that sysmon looks about every %s", wording.Duration(sysmon))
}
