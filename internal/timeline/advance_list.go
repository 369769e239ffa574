package timeline

import (
	"fmt"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// goState translates a goroutine's status on the wire.
var goState = [...]detectors.GoState{
	wire.GoRunnable: detectors.Runnable,
	wire.GoRunning:  detectors.Running,
	wire.GoSyscall:  detectors.Syscall,
	wire.GoWaiting:  detectors.Waiting,
}

func (t *Timeline) goStatus(c *cursor) error {
	id, tid, status := c.Args[0], c.Args[1], wire.GoStatus(min(c.Args[2], 255))
	if status == wire.GoBad || int(status) >= len(goState) {
		return fmt.Errorf("goroutine %d in status %d", id, c.Args[2])
	}
	g := t.gs.find(id)
	state := goState[status]
	from := state
	switch {
	case g == nil && t.gen != t.initial:
		return fmt.Errorf("goroutine %d is listed, but was never created", id)
	case g == nil:
		var err error
		if g, err = t.gs.add(id); err != nil {
			return err
		}
		g.State = state
		from = detectors.Undetermined
	case g.State != state:
		return fmt.Errorf("goroutine %d is listed as %v, but was %v", id, state, g.State)
	}
	g.gen, g.seq = t.gen, 0

	ctx := *c.thread
	switch {
	case state == detectors.Running:
		c.thread.bind(g)
	case state != detectors.Syscall:
	case tid == wire.NoThread:
		return fmt.Errorf("goroutine %d is in a system call on no thread", id)
	case detectors.ThreadID(tid) == c.thread.id:
		if t.gen != t.initial && c.thread.gid != id {
			return fmt.Errorf("goroutine %d is in a system call on thread %d, which runs goroutine %d", id, tid, c.thread.gid)
		}
		c.thread.bind(g)
	default:
		// It has been in the system call, on another thread, since before the
		// generation began.
		other := t.threads[tid]
		if other == nil {
			t.thread(tid).bind(g)
		} else if other.gid != id {
			return fmt.Errorf("goroutine %d is in a system call on thread %d, which runs goroutine %d", id, tid, other.gid)
		} else {
			ctx.gid = id
		}
		ctx.id = detectors.ThreadID(tid)
	}

	o := t.push(detectors.GoList, c.Time, &ctx)
	o.G = &g.Goroutine
	o.From, o.To = from, state
	if from == detectors.Undetermined {
		g.Since = o.Time
	}
	if c.Type == wire.EvGoStatusStack {
		o.Stack = t.sym.stack(c.Args[3])
		t.listedAt(g, o.Stack)
	}
	o.Duration, o.Known = g.age(o.Time), g.SinceKnown
	return nil
}

// listedAt notes the stack that a generation's list gives for a goroutine.
func (t *Timeline) listedAt(g *goroutine, stack detectors.StackID) {
	if stack == 0 {
		return
	}
	s := t.code.Stack(stack)
	if g.Start == 0 {
		g.Start, g.Class = s.Bottom, s.Class
	}
	if g.State == detectors.Waiting && s.Net.FD != detectors.FDNone && g.netSite == 0 {
		g.netSite, g.OnBehalf = s.Site, s.Request
		g.accepts = s.Net.Mode == detectors.NetAccept
	}
	g.Stack = stack
}
