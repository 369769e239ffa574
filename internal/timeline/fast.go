package timeline

import (
	"math"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// fast goes through the events for as long as nothing is out of the ordinary: the earliest
// event can happen, its numbers are of usual lengths, and its thread has another.
func (t *Timeline) fast() outcome {
	switch {
	case t.later != nil:
		return fastAs[[4]byte](t)
	case t.past != nil && t.bare:
		return fastAs[[3]byte](t)
	case t.past != nil:
		return fastAs[[2]byte](t)
	case t.exact:
		return fastAs[[1]byte](t)
	default:
		return fastAs[[0]byte](t)
	}
}

// mode says by its length whether a loop is an exact timeline's, one's that keeps the past, one's that
// does so and nothing else, or one's that will. As a type's it is known to the compiler, which leaves out what is
// for the others: asked for at each event, it would take 3 % of the time.
type mode interface {
	[0]byte | [1]byte | [2]byte | [3]byte | [4]byte
}

// fastAs is the loop of fast. Thirteen types, which are nearly all events, are dealt with in the
// loop itself; the others by [Timeline.advance], in which the rules of these are too,
// and easier to read. Whenever in doubt, fast changes nothing and leaves the event to
// try and to step. A test holds that all do the same.
//
// What the loop itself adds to the totals is the usual case of delayed, ran and waited, which
// do the rest: a call for each event would take a tenth of the time.
func fastAs[M mode](t *Timeline) outcome {
	var m M
	exact, keeps, bare := len(m) == 1, len(m) == 2 || len(m) == 3, len(m) >= 3
turns:
	for len(t.frontier) > 0 && !t.beyond() {
		if !t.ahead.far && len(t.samples) > 0 && t.samples[0].Time < t.frontier[0].time {
			break
		}
		f := t.frontier
		c := f[0].c
		th := c.thread
		data, off, clock, ok := c.Open()
		if !ok || th == nil || th.gid != 0 && (th.g == nil || uint64(th.g.ID) != th.gid) {
			if out := t.tryAndTell(); out != happened {
				return out
			}
			continue
		}
		cur, p := th.g, th.p
		typ, now, second := c.Type, c.Time, f.second()
		limit := t.limit(second)
		t.enter(c)
		last, gen, events := t.last, t.gen, t.events
		for off+wire.Room <= len(data) {
			var (
				args = wire.LoadPacked(data, off)
				size int // of the arguments
				g    *goroutine
				kind detectors.Kind // of what it does, and its state then
				to   detectors.GoState
				at   = max(detectors.Time(now), last+1) // as stamp does
				d    time.Duration
				by   detectors.StackID
			)
			switch typ {
			case wire.EvGoStart:
				id, args, n1 := args.Number()
				if n1 > 3 {
					id, n1 = wire.LoadPacked(data, off).Long()
					args = wire.LoadPacked(data, off+n1&15)
				}
				seq, _, n2 := args.Number()
				if size = n1 + n2; size > 16 {
					goto other
				}
				g = t.gs.find(id)
				if g == nil || g.State != detectors.Runnable || g.gen != gen || seq != g.seq+1 ||
					cur != nil || p < 0 {
					goto leave
				}
				d = g.lasted(at)
				switch h := t.heat; {
				case bare:
				case exact:
					if d >= 0 {
						t.totals.All.Starts.Add(d)
					}
				case d < 0 || g.Class != detectors.ClassUser || requeued.Has(g.Reason) || p >= len(h) || p >= len(t.totals.DelaysOn) || at >= h[p].end:
					t.delayed(g, p, at)
				default:
					t.totals.DelaysOn[p].Mark(d)
					h[p].waits[detectors.WaitRow(d)]++
					c := &h[p].cell
					c.Starts++
					c.Sum = min(c.Sum, math.MaxInt64-d) + d
					c.Max = max(c.Max, d)
				}
				g.seq++
				g.LastP = detectors.ProcID(p)
				if g.NoPreempt {
					g.NoPreempt = g.assist.active
				}
				cur = g
				kind, to = detectors.GoStart, detectors.Running

			case wire.EvGoUnblock:
				id, args, n1 := args.Number()
				if n1 > 3 {
					id, n1 = wire.LoadPacked(data, off).Long()
					args = wire.LoadPacked(data, off+n1&15)
				}
				seq, args, n2 := args.Number()
				stack, _, n3 := args.Number()
				if size = n1 + n2 + n3; size > 16 || n2+n3 > 5 {
					goto other
				}
				g = t.gs.find(id)
				if g == nil || g.State != detectors.Waiting || g.gen != gen || seq != g.seq+1 {
					goto leave
				}
				if !exact || cur == nil { // who has a goroutine is no timer
					if by = t.sym.met(stack); by == 0 {
						by = t.sym.stack(stack) + 1
					}
					by--
					g.Waker = by
				}
				if d = g.lasted(at); bare {
					g.seq++
				} else if d < 0 || g.sited || cur == nil && (!exact || by == 0 && timers.Has(g.Reason)) {
					t.waited(g, at, cur == nil && by == 0)
					t.wakes(cur != nil, g)
				} else {
					t.totals.Waits[g.Class][g.Reason].Add(d)
					g.seq++
					if !exact {
						g.given = g.given || g.Reason == detectors.ReasonChanReceive || g.Reason == detectors.ReasonSelect
					}
				}
				kind, to = detectors.GoUnpark, detectors.Runnable

			case wire.EvGoBlock, wire.EvGoStop:
				reason, args, n1 := args.Number()
				stack, _, n2 := args.Number()
				if size = n1 + n2; size > 8 {
					goto other
				}
				if g = cur; g == nil || g.State != detectors.Running || p < 0 {
					goto leave
				}
				d = g.lasted(at)
				if exact && g.Start != 0 {
					g.Reason = t.sym.why(reason)
				} else {
					where := t.sym.met(stack)
					if where == 0 {
						where = t.sym.stack(stack) + 1
					}
					t.stopsAt(g, t.sym.why(reason), where-1)
					switch runs := t.totals.Runs; {
					case bare:
					case d < 0 || g.Class != detectors.ClassUser || g.Stack == 0 || int(g.Stack) >= len(runs):
						t.ran(g, at)
					default:
						t.totals.Ran.Mark(d)
						runs[g.Stack].Add(d)
					}
				}
				if typ == wire.EvGoBlock {
					t.parks(g)
					kind, to = detectors.GoPark, detectors.Waiting
				} else {
					kind, to = t.yields(g), detectors.Runnable
				}
				cur = nil

			case wire.EvGoSyscallBegin:
				seq, args, n1 := args.Number()
				stack, _, n2 := args.Number()
				if size = n1 + n2; size > 8 {
					goto other
				}
				q := t.proc(p)
				if g = cur; g == nil || g.State != detectors.Running || q == nil || q.gen != gen || seq != q.seq+1 {
					goto leave
				}
				d = g.lasted(at)
				if exact && g.Start != 0 {
					g.Reason = detectors.ReasonNone
				} else {
					where := t.sym.met(stack)
					if where == 0 {
						where = t.sym.stack(stack) + 1
					}
					t.calls(g, where-1)
					switch runs := t.totals.Runs; {
					case bare:
					case d < 0 || g.Class != detectors.ClassUser || g.Stack == 0 || int(g.Stack) >= len(runs):
						t.ran(g, at)
					default:
						t.totals.Ran.Mark(d)
						runs[g.Stack].Add(d)
					}
				}
				q.seq++
				if next := wire.LoadPacked(data, off+size); wire.EventType(next) == wire.EvGoSyscallEnd && d < t.least[detectors.GoSyscall] {
					// Nearly always: nothing came in between, and the P is still there.
					dt, _, n := (next >> 8).Number()
					end := now + clock.Short(dt)
					if after := max(detectors.Time(end), at+1); n <= 3 && end <= limit && after.Sub(at) < t.least[detectors.GoSyscallEnd] {
						if keeps {
							t.past.keep(g, at, 0, uint32(p+1))
							g.State = detectors.Syscall
							t.past.keep(g, after, 0, 0)
							g.State = detectors.Running
						}
						g.Since, g.SinceKnown = after, true
						last, now = after, end
						events++
						off += size + 1 + n
						goto next
					}
				}
				q.status = wire.ProcSyscall
				kind, to = detectors.GoSyscall, detectors.Syscall

			case wire.EvGoSyscallEnd:
				q := t.proc(p)
				if g = cur; g == nil || g.State != detectors.Syscall || q == nil || q.status != wire.ProcSyscall {
					goto leave
				}
				d = g.lasted(at)
				q.status = wire.ProcRunning
				kind, to = detectors.GoSyscallEnd, detectors.Running

			case wire.EvHeapAlloc:
				live, n := args.Long()
				if size = n; size > 16 || p < 0 || t.heard.Has(detectors.HeapAlloc) {
					goto other
				}
				if !bare {
					t.allocated(cur, live, at)
				}
				last = at
				off += size
				goto next

			case wire.EvGCSweepBegin:
				_, _, n := args.Number()
				q := t.proc(p)
				if size = n; size > 3 || q == nil || q.sweep.active || t.heard.Has(detectors.SweepBegin) {
					goto other
				}
				q.sweep = rangeState{active: true, known: true, since: at}
				last = at
				off += size
				goto next

			case wire.EvGCSweepEnd: // bytes: their lengths are anybody's guess
				n := args.Two()
				q := t.proc(p)
				if size = n; size > 8 || q == nil || !q.sweep.active || t.heard.Has(detectors.SweepEnd) {
					goto other
				}
				q.sweep = rangeState{}
				last = at
				off += size
				goto next

			case wire.EvGCMarkAssistBegin:
				stack, _, n := args.Number()
				if size = n; size > 3 || p < 0 || cur == nil || cur.assist.active || t.heard.Has(detectors.AssistBegin) {
					goto other
				}
				where := t.sym.stack(stack)
				if keeps {
					t.past.turns(cur, at, where, p)
				}
				cur.assistStack, cur.Stack, cur.NoPreempt = where, where, true
				cur.assist = rangeState{active: true, known: true, since: at}
				last = at
				off += size
				goto next

			case wire.EvGCMarkAssistEnd:
				if p < 0 || cur == nil || !cur.assist.active || t.heard.Has(detectors.AssistEnd) {
					goto other
				}
				if !bare {
					t.assisted(cur, p, at)
				}
				if keeps {
					t.past.turns(cur, at, cur.assistStack, p)
				}
				cur.assistStack, cur.assist = 0, rangeState{}
				last = at
				goto next

			case wire.EvGoCreate:
				id, args, n1 := args.Number()
				if n1 > 3 {
					id, n1 = wire.LoadPacked(data, off).Long()
					args = wire.LoadPacked(data, off+n1&15)
				}
				start, args, n2 := args.Number()
				stack, _, n3 := args.Number()
				if size = n1 + n2 + n3; size > 16 || n2+n3 > 5 || p < 0 || t.heard.Has(detectors.GoCreate) || cur != nil && cur.State != detectors.Running {
					goto other
				}
				if g = t.gs.create(id); g == nil {
					goto other
				}
				t.creates(cur, g, detectors.Runnable, at, t.sym.stack(start), t.sym.stack(stack))
				last = at
				off += size
				goto next

			case wire.EvGoDestroy:
				if g = cur; g == nil || g.State != detectors.Running || p < 0 || g.lasted(at) >= t.least[detectors.GoEnd] {
					goto other
				}
				if !bare {
					t.ran(g, at)
				}
				if keeps {
					t.past.keep(g, at, 0, uint32(p+1))
				}
				t.forgets(g)
				cur = nil
				last = at
				goto next

			default: // what it does is for advance
				goto other
			}
			last = at
			if keeps {
				switch kind {
				case detectors.GoUnpark:
					t.past.keep(g, at, t.past.of(cur, at), uint32(by))
				case detectors.GoStart, detectors.GoSyscallEnd:
					t.past.keep(g, at, 0, 0)
				default:
					t.past.keep(g, at, 0, uint32(p+1))
				}
			}
			if !exact && d >= t.least[kind] && (kind != detectors.GoUnpark || d >= t.leastWait[g.Reason]) {
				th.hold(cur)
				t.note(kind, at, th, g, to, by)
				g.become(to, at)
				limit = t.noted(limit)
			} else {
				g.become(to, at)
			}
			off += size
			goto next

		other:
			if now > second && !early.Has(typ) || !typ.Timed() {
				goto leave
			}
			t.last, t.events = last, events
			th.hold(cur)
			c.Stand(typ, now, off)
			if size = wire.Args(data, off, typ, &c.Args); size > 16 {
				if !c.Load() {
					goto leave
				}
				size = c.At() - off
			}
			switch t.happen(c) {
			case notYet:
				goto leave
			case broken:
				if now > second {
					goto leave // it may only be too early
				}
				return broken
			}
			cur, p = th.g, th.p
			off += size
			if last = t.last; t.npending > 0 {
				limit = t.noted(limit)
			}

		next:
			events++
			if off+wire.Room > len(data) {
				goto pass
			}
			next := wire.LoadPacked(data, off)
			dt, _, n := (next >> 8).Number()
			if n > 3 {
				goto pass
			}
			typ = wire.EventType(next)
			now += clock.Short(dt)
			off += 1 + n
			if now > limit {
				t.last, t.events = last, events
				th.hold(cur)
				t.exit(c)
				now = min(now, wire.MaxTime)
				c.Stand(typ, now, off)
				f[0].time = now
				f.down(0)
				if t.npending > 0 { // decided here: a call for every turn would be felt
					t.deliver()
				}
				continue turns
			}
		}
	leave:
		th.hold(cur)
		t.last, t.events = last, events
		t.exit(c)
		c.Stand(typ, now, off)
		f[0].time = now
		if now > second { // whatever it waits for may be another thread's, which is behind
			t.npending = 0
			f.down(0)
			continue
		}
		if out := t.tryAndTell(); out != happened {
			return out
		}
		continue
	pass:
		th.hold(cur)
		t.last, t.events = last, events
		t.exit(c)
		c.Pass(now, off)
		t.move(c, 0)
		t.deliver()
	}
	return notYet
}

// tryAndTell tries the earliest event, whatever it is.
func (t *Timeline) tryAndTell() outcome {
	out := t.try(0)
	if out == happened {
		t.deliver()
	}
	return out
}

// noted returns until when its thread may go on although there is something to tell.
func (t *Timeline) noted(limit wire.Time) wire.Time {
	t.keep()
	if t.npending > 0 {
		return -1 // nothing else until it is told
	}
	return min(limit, t.ahead.horizon)
}

// note makes the observation of what g has done on th, but for becoming what it is to be.
func (t *Timeline) note(kind detectors.Kind, at detectors.Time, th *thread, g *goroutine, to detectors.GoState, by detectors.StackID) {
	o := &t.pending[0]
	if t.stained[0] {
		*o = detectors.Observation{}
		t.stained[0] = false
	}
	o.Kind = kind
	t.kinds[0], t.npending = kind, 1
	o.From, o.To = g.State, to
	o.Known = g.SinceKnown
	o.Reason = g.Reason
	o.Thread = th.id
	o.Proc = detectors.ProcID(th.p)
	o.By = g.ID
	switch kind {
	case detectors.GoStart:
		o.By = detectors.NoGoroutine
	case detectors.GoUnpark:
		o.By = detectors.GoID(th.gid)
	case detectors.GoSyscallEnd:
		o.Reason = detectors.ReasonNone
	}
	o.Time = at
	o.Duration = g.age(at)
	o.G = &g.Goroutine
	o.Stack, o.ByStack = g.Stack, by
}
