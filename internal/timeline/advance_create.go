package timeline

import (
	"fmt"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

func (t *Timeline) goCreate(c *cursor) outcome {
	th := c.thread
	if err := th.check(needThread | needProc); err != nil {
		return t.broke(err)
	}
	if !th.mayCreate() {
		return t.broke(fmt.Errorf("goroutine %d creates one while it is not running", th.gid))
	}
	state := detectors.Runnable
	if c.Type == wire.EvGoCreateBlocked {
		state = detectors.Waiting
	}
	g, err := t.born(c.Args[0])
	if err != nil {
		return t.broke(err)
	}
	start, stack := t.sym.stack(c.Args[1]), t.sym.stack(c.Args[2])
	o := t.push(detectors.GoCreate, c.Time, th)
	o.G = &g.Goroutine
	o.From, o.To = detectors.NotExist, state
	o.Stack, o.ByStack = start, stack
	t.creates(th.current(), g, state, o.Time, start, stack)
	return happened
}

// mayCreate reports whether th's goroutine, if it has one, is running.
func (th *thread) mayCreate() bool {
	g := th.current()
	return g == nil || g.State == detectors.Running
}

// creates fills in what is known of g, which th has just created.
func (t *Timeline) creates(by, g *goroutine, state detectors.GoState, at detectors.Time, start, stack detectors.StackID) {
	g.gen, g.seq = t.gen, 0
	g.become(state, at)
	g.Born, g.CreatedAt, g.begins = true, at, start
	g.Parent, g.Creator, g.Waker = detectors.NoGoroutine, stack, stack
	if by != nil {
		g.Parent, g.accepted = by.ID, by.accepts
	}
	if t.past != nil {
		t.past.born(by, g, at, start, stack)
	}
	s := t.code.Stack(start)
	g.Start, g.Class = s.Bottom, s.Class
	t.created(g, by == nil && stack == 0 && state == detectors.Runnable)
}

// born makes a new goroutine.
func (t *Timeline) born(id uint64) (*goroutine, error) {
	if t.gs.find(id) != nil {
		return nil, fmt.Errorf("goroutine %d is created, but exists already", id)
	}
	return t.gs.add(id)
}
