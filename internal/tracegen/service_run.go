package tracegen

// routine is a goroutine of a [service] that does something, and what.
type routine struct {
	g        *Goroutine
	kind     kind
	left     uint8
	plan     [20]op   // what it will do: plan[left-1] is next
	client   *routine // who waits for its answer; nil: nobody
	waiting  bool     // for an answer
	answered bool     // before it waited
	mutex    *mutex   // that it holds or waits for
	task     Task
	since    int64 // when it began to wait
}

type kind uint8

const (
	connection kind = iota
	poolWorker
	helper
	acceptor
	ticker
	marker // of the GC
	sweeper
)

// op is something that takes a goroutine a moment and makes an event, or none.
type op uint8

const (
	opRead op = iota
	opWrite
	opJob  // give work to the pool
	opHelp // give it to a goroutine of its own
	opWait // for the answer
	opReply
	opLock
	opUnlock
	opAlloc
	opSweepEnd
	opAssist
	opAssistWait
	opAssistEnd
	opTask
	opRegion
	opLog
	opRegionEnd
	opTaskEnd
	opLoop // for longer than a time slice
	opPreempt
	opYield
	opAccept
	opSleep
	opNext // work for a pool's worker, or wait for some
	opListen
	opMark
	opSweep
	opSweepWait
	opEnd
)

// first makes the goroutine do these before what it has planned.
func (r *routine) first(ops ...op) {
	for i := len(ops) - 1; i >= 0; i-- {
		r.plan[r.left] = ops[i]
		r.left++
	}
}

// request plans how a connection answers one.
func (s *service) request(r *routine) {
	ops := append(make([]op, 0, len(r.plan)), opRead)
	add := func(percent int, more ...op) {
		if s.IntN(100) < percent {
			ops = append(ops, more...)
		}
	}
	task := s.IntN(100) < s.shape.Tasks
	if task {
		ops = append(ops, opTask, opRegion)
		add(50, opLog)
	}
	add(8, opAlloc)
	add(25, opLock, opUnlock)
	add(95, opJob, opWait)
	if task {
		ops = append(ops, opRegionEnd)
	}
	add(45, opHelp, opWait)
	add(8, opAlloc)
	if s.IntN(20_000) == 0 {
		ops = append(ops, opLoop)
	}
	if task {
		ops = append(ops, opTaskEnd)
	}
	r.left = 0
	r.first(append(ops, opWrite, opListen)...)
}

// helper makes a new goroutine one that answers a client and ends.
func (s *service) helper(g *Goroutine, client *routine) *routine {
	r := &routine{g: g, kind: helper, client: client}
	r.first(opReply, opEnd)
	if s.IntN(12) == 0 {
		r.first(opAlloc)
	}
	return r
}

// refill plans what a goroutine does that is always there.
func (s *service) refill(r *routine) {
	switch r.kind {
	case poolWorker:
		if s.IntN(12) == 0 {
			r.first(opAlloc, opReply, opNext)
		} else {
			r.first(opReply, opNext)
		}
	case acceptor:
		r.first(opAccept, opListen)
	case ticker:
		r.first(opAlloc, opLog, opSleep)
	case marker:
		r.first(opMark)
	case sweeper:
		if s.gc.sweeps > 0 && !s.gc.marking {
			r.first(opSweep, opYield)
		} else {
			r.first(opSweepWait)
		}
	default:
		r.first(opEnd)
	}
}

// run lets the thread's goroutine do what it has planned.
func (s *service) run(m *machine) {
	r := m.r
	if r.left == 0 {
		s.refill(r)
	}
	r.left--
	switch do := r.plan[r.left]; do {
	case opRead:
		s.syscall(m, atRead)
		return
	case opWrite:
		s.syscall(m, atWrite)
		return
	case opLoop:
		r.first(opPreempt)
		s.after(m, timeSlice+s.Int64N(500_000))
		return
	case opJob, opHelp, opWait, opReply, opNext:
		s.work(m, do)
	case opLock, opUnlock:
		s.lock(m, do)
	case opAlloc, opSweep, opSweepEnd, opSweepWait, opAssist, opAssistWait, opAssistEnd, opMark:
		s.collect(m, do)
	case opTask, opRegion, opLog, opRegionEnd, opTaskEnd:
		s.tell(m, do)
	default:
		s.leave(m, do)
	}
	s.after(m, s.gap())
}

// timeSlice is how long the runtime lets a goroutine run (runtime.forcePreemptNS).
const timeSlice = 10_000_000

// work is what goroutines do for each other.
func (s *service) work(m *machine, do op) {
	r := m.r
	switch do {
	case opJob:
		w := s.workers.take()
		if w == nil {
			s.jobs.put(r) // a buffered channel
			return
		}
		w.client = r
		m.Unblock(s.now, w.g, s.site(atSend))
		s.ready(m, w)
	case opHelp:
		s.ready(m, s.helper(m.Create(s.now, s.site(inHelper), s.site(atGo)), r))
	case opWait:
		if r.waiting = !r.answered; r.waiting {
			s.block(m, "chan receive", atAnswer)
		}
		r.answered = false
	case opReply:
		client := r.client
		if client != nil && client.waiting && !s.seen(client) {
			r.first(opReply) // the channel is locked: once more
			return
		}
		r.client = nil
		switch {
		case client == nil:
		case client.waiting:
			client.waiting = false
			m.Unblock(s.now, client.g, s.site(atSend))
			s.ready(m, client)
		default:
			client.answered = true
		}
	case opNext:
		if r.client = s.jobs.take(); r.client != nil {
			return
		}
		s.workers.put(r)
		if s.IntN(4) == 0 {
			s.block(m, "select", atSelect)
		} else {
			s.block(m, "chan receive", atPool)
		}
	}
}

// lock takes or gives back a mutex. One that somebody waits for is handed on.
func (s *service) lock(m *machine, do op) {
	r := m.r
	if do == opLock {
		r.mutex = &s.mutexes[s.IntN(len(s.mutexes))]
		if r.mutex.owner == nil {
			r.mutex.owner = r
			return
		}
		r.mutex.waiters.put(r)
		s.block(m, "sync", atLock)
		return
	}
	if q := &r.mutex.waiters; q.len() > 0 && !s.seen(q.items[q.head]) {
		r.first(opUnlock)
		return
	}
	next := r.mutex.waiters.take()
	r.mutex.owner, r.mutex = next, nil
	if next != nil {
		m.Unblock(s.now, next.g, s.site(atUnlock))
		s.ready(m, next)
	}
}

// tell is what the program says of itself.
func (s *service) tell(m *machine, do op) {
	r, at := m.r, s.site(atTask)
	switch do {
	case opTask:
		r.task = m.TaskBegin(s.now, 0, randomName("GET /", s.IntN(20)), at)
	case opRegion:
		m.RegionBegin(s.now, r.task, "handle", at)
	case opLog:
		m.Log(s.now, r.task, "user", randomName("id ", s.IntN(1000)), at)
	case opRegionEnd:
		m.RegionEnd(s.now, r.task, "handle", at)
	case opTaskEnd:
		m.TaskEnd(s.now, r.task, at)
		r.task = 0
	}
}

// leave is how goroutines begin, rest and end.
func (s *service) leave(m *machine, do op) {
	r := m.r
	switch do {
	case opPreempt:
		m.Preempt(s.now, s.site(atLoop))
		m.r = nil
		s.global.put(r)
	case opYield:
		m.Yield(s.now, s.site(atSweeper))
		m.r = nil
		s.global.put(r)
	case opAccept:
		c := &routine{g: m.Create(s.now, s.site(inConn), s.site(atAccept)), kind: connection}
		s.request(c)
		s.inFlight++
		s.ready(m, c)
	case opSleep:
		s.block(m, "sleep", atSleep)
		s.agenda.push(appointment{at: s.now + 50_000 + s.gapOf(500_000), what: timer, r: r})
		if s.IntN(4) == 0 {
			s.appoint(timer, s.gapOf(500_000)) // as time.AfterFunc makes them
		}
	case opListen:
		s.listen(m)
	case opEnd:
		m.End(s.now)
		m.r = nil
	}
}

// listen is the end of a request: the connection waits for the next, or is
// closed, and then somebody will open another.
func (s *service) listen(m *machine) {
	r := m.r
	if r.kind == acceptor {
		if s.dialing > 0 {
			s.dialing--
			r.first(opAccept, opListen)
			return
		}
		s.accepting = true
		s.block(m, "network", atAccept)
		return
	}
	s.inFlight--
	if s.IntN(100) > 0 {
		s.listening = append(s.listening, r)
		s.block(m, "network", atReadWait)
		return
	}
	m.End(s.now)
	m.r = nil
	if s.accepting {
		s.accepting = false
		s.readable.put(s.acceptor)
	} else {
		s.dialing++
	}
}

func (s *service) block(m *machine, reason string, at place) {
	m.Block(s.now, reason, s.site(at))
	m.r.since = s.now
	m.r = nil
}
