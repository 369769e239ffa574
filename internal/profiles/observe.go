package profiles

import (
	"github.com/gotracewatch/tracewatch/detectors"
)

func (c *Collector) observe(o *detectors.Observation) {
	switch o.Kind {
	case detectors.GoStart:
		c.started(o)
	case detectors.GoUnpark:
		c.ends(waited(o.Reason), o, o.Stack, o.G.LastP)
	case detectors.GoPark, detectors.GoYield, detectors.GoSyscall:
		c.ends(running, o, o.Stack, o.Proc)
	case detectors.GoPreempt:
		c.ends(running, o, o.Stack, o.Proc)
		if c.wants(preempt) {
			c.preempted[o.G.ID] = o.Time
		}
	case detectors.GoSyscallEnd:
		c.ends(syscall, o, o.Stack, o.G.LastP)
	case detectors.AssistEnd:
		c.ends(assist, o, o.Stack, o.Proc)
	case detectors.GoCreate:
		c.created(o)
	case detectors.GoEnd:
		c.ended(o)
	case detectors.GoList:
		if o.From == detectors.Undetermined { // it is after a gap, if anything was known of it
			c.drop(o.G.ID)
		}
	default:
		c.requests.observe(o)
	}
}

func (c *Collector) wants(i index) bool { return i < numKinds && c.samples.tables[i] != nil }

// within reports whether a moment is in the time that was asked for.
func (c *Collector) within(t detectors.Time) bool { return t >= c.from && t < c.to }

// ends adds what ends with an observation.
func (c *Collector) ends(i index, o *detectors.Observation, stack detectors.StackID, p detectors.ProcID) {
	if !c.wants(i) || !c.within(o.Time) {
		return
	}
	if !o.Known {
		c.unknown[i]++
		return
	}
	k := key{g: o.G.ID, stack: stack, request: c.requests.of(o.G.ID), on: onP(p, o.G.Class)}
	if c.code.SiteOf(stack) == 0 { // none, or one that the runtime could not walk
		k.stack, k.start = 0, o.G.Start
	}
	c.samples.add(i, k, sum{1, o.Duration})
}

func (c *Collector) started(o *detectors.Observation) {
	c.ends(sched, o, o.Stack, o.Proc)
	if o.Reason == detectors.ReasonNetwork {
		c.ends(networkQueue, o, o.Stack, o.Proc)
	}
	if o.Reason != detectors.ReasonPreempted || len(c.preempted) == 0 {
		return
	}
	if _, ok := c.preempted[o.G.ID]; ok {
		delete(c.preempted, o.G.ID)
		c.ends(preempt, o, o.Stack, o.Proc)
	}
}

// created counts a goroutine that begins, for the request of who created it.
func (c *Collector) created(o *detectors.Observation) {
	if !c.wants(goroutines) {
		return
	}
	request := c.requests.of(o.By)
	if request != 0 {
		c.born[o.G.ID] = birth{request, o.Time}
	}
	if c.within(o.Time) {
		c.lives(o.G, request, sum{1, 0})
	}
}

// ended is the end of a goroutine's life, and of its run, or of its time in C.
func (c *Collector) ended(o *detectors.Observation) {
	g := o.G
	if o.From == detectors.Syscall {
		c.ends(syscall, o, g.Stack, g.LastP)
	} else {
		c.ends(running, o, 0, o.Proc) // it has returned to the function that it began in
	}
	if c.wants(goroutines) && c.within(o.Time) {
		if g.Born {
			c.lives(g, c.born[g.ID].request, sum{0, max(0, o.Time.Sub(g.CreatedAt))})
		} else {
			c.unknown[goroutines]++
		}
	}
	c.drop(g.ID)
}

// lives adds to the lives of goroutines. They are on many Ps.
func (c *Collector) lives(g *detectors.Goroutine, request uint32, x sum) {
	c.samples.add(goroutines, key{
		g: g.ID, stack: g.Creator, start: g.Start, request: request, on: onP(detectors.NoProc, g.Class),
	}, x)
}

// drop drops what is known of a goroutine.
func (c *Collector) drop(g detectors.GoID) {
	c.requests.ended(g)
	delete(c.preempted, g)
	delete(c.born, g)
}
