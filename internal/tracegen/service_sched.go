package tracegen

import "github.com/gotracewatch/tracewatch/internal/wire"

// turn lets a thread go on: wake up, come out of a syscall, run its goroutine,
// or find one.
func (s *service) turn(m *machine) {
	switch {
	case m.wants != nil:
		m.p, m.wants = m.wants, nil
		m.p.m = m
		m.StartP(s.now, m.p.Proc)
		s.after(m, s.gap())
	case m.r == nil:
		s.schedule(m)
	case m.r.g.status == wire.GoSyscall:
		s.comeBack(m)
	default:
		s.run(m)
	}
}

// schedule finds the thread, which has a P, a goroutine in the order in which the
// runtime looks (runtime.findRunnable): one event a turn.
func (s *service) schedule(m *machine) {
	p := m.p
	switch {
	case len(s.due) > 0:
		s.fire(m)
	case s.wantsWorker():
		s.startWorker(m, false)
	case m.polling > 0 && s.readable.len() > 0:
		s.poll(m)
	default:
		m.polling = 0
		if r := p.take(); r != nil {
			s.start(m, r)
			return
		}
		r := s.global.take()
		if r == nil && s.readable.len() > 0 {
			m.polling = 16
			s.poll(m)
			return
		}
		if r == nil {
			r = s.steal(p)
		}
		switch {
		case r != nil:
			p.next = r
			s.after(m, s.handover())
		case s.gc.marking && len(s.gc.workers) > 0:
			s.startWorker(m, true)
		default:
			s.stop(m)
		}
	}
}

// handover is how long it takes until a thread has seen what another did and has
// acted on it. Without it there would be many more events than in a real trace
// that the clock, whose units are 64 ns, puts before their causes.
func (s *service) handover() int64 { return leastHandover + s.Int64N(leastHandover) }

const leastHandover = 130

// seen reports whether other threads can see by now that the goroutine waits.
func (s *service) seen(r *routine) bool { return s.now >= r.since+leastHandover }

// start runs a runnable goroutine. Who was looking for work has found it, so
// that another may look.
func (s *service) start(m *machine, r *routine) {
	m.Start(s.now, r.g)
	m.r = r
	if s.spinning == m {
		s.spinning = nil
		s.wake()
	}
	s.after(m, s.gap())
}

// stop lets the thread's P go idle and the thread sleep.
func (s *service) stop(m *machine) {
	m.StopP(s.now)
	if s.spinning == m {
		s.spinning = nil
	}
	s.release(m.p)
	s.parked = append(s.parked, m)
}

// release notes that a P is idle.
func (s *service) release(p *processor) {
	p.m.lost = s.now
	p.m.p, p.m = nil, nil
	s.idle = append(s.idle, p)
}

// poll makes one of the connections that have data runnable here.
func (s *service) poll(m *machine) {
	m.polling--
	r := s.readable.take()
	if r.kind == connection {
		s.request(r)
	}
	m.NetpollUnblock(s.now, r.g)
	m.p.queue.put(r)
	s.wake()
	s.after(m, 64+s.Int64N(128))
}

// fire lets a timer that is due wake its goroutine or call its function.
func (s *service) fire(m *machine) {
	r := s.due[len(s.due)-1]
	s.due = s.due[:len(s.due)-1]
	if r != nil {
		m.NetpollUnblock(s.now, r.g)
		m.p.queue.put(r)
	} else {
		m.p.queue.put(s.helper(m.Create(s.now, s.site(inHelper), 0), nil))
	}
	s.wake()
	s.after(m, s.gap())
}

// ready puts a goroutine that somebody has woken first in line on its waker's P,
// whose last one goes to the end of the queue.
func (s *service) ready(m *machine, r *routine) {
	m.p.putFirst(r)
	s.wake()
}

func (p *processor) putFirst(r *routine) {
	if p.next != nil {
		p.queue.put(p.next)
	}
	p.next = r
}

func (p *processor) take() *routine {
	if r := p.next; r != nil {
		p.next = nil
		return r
	}
	return p.queue.take()
}

// steal takes half of another P's queue, to which it also adds what that would
// start next if it is all there is.
func (s *service) steal(p *processor) *routine {
	first := s.IntN(len(s.ps))
	for i := range s.ps {
		victim := s.ps[(first+i)%len(s.ps)]
		if victim == p {
			continue
		}
		n := (victim.queue.len() + 1) / 2
		if n == 0 {
			if victim.m == nil && victim.next != nil { // idle: nobody else will
				return victim.take()
			}
			continue
		}
		for range n - 1 {
			p.queue.put(victim.queue.take())
		}
		return victim.queue.take()
	}
	return nil
}

// wake wakes a thread for an idle P, unless one is looking for work already.
func (s *service) wake() {
	if s.spinning != nil || len(s.idle) == 0 || len(s.parked) == 0 {
		return
	}
	s.spinning = s.wakeWith(s.idle[len(s.idle)-1])
	s.idle = s.idle[:len(s.idle)-1]
}

func (s *service) wakeWith(p *processor) *machine {
	m := s.parked[len(s.parked)-1]
	s.parked = s.parked[:len(s.parked)-1]
	m.wants = p
	s.after(m, 1000+s.Int64N(4000))
	return m
}

// syscall takes the goroutine into a syscall. Few last so long that the P is
// taken away.
func (s *service) syscall(m *machine, at place) {
	m.Syscall(s.now, s.site(at))
	m.entered = s.now
	if s.IntN(200) == 0 {
		s.after(m, 20_000+s.gapOf(100_000))
	} else {
		s.after(m, s.gap())
	}
}

// comeBack takes the goroutine out of its syscall. If the P is gone, it goes on
// with an idle one or waits for its turn.
func (s *service) comeBack(m *machine) {
	r := m.r
	switch {
	case m.p != nil && m.p.status == wire.ProcSyscall:
		m.SyscallEnd(s.now)
		s.after(m, s.gap())
	case m.p != nil: // another one
		m.SyscallEndBlocked(s.now)
		m.r = nil
		m.p.putFirst(r)
		s.after(m, 64+s.Int64N(64))
	case len(s.idle) > 0:
		m.wants, s.idle = s.idle[len(s.idle)-1], s.idle[:len(s.idle)-1]
		s.after(m, s.handover())
	case s.now < m.lost+leastHandover:
		s.after(m, s.handover())
	default:
		m.SyscallEndBlocked(s.now)
		m.r = nil
		s.global.put(r)
		s.parked = append(s.parked, m)
	}
}
