package detectortest

import (
	"fmt"
	"maps"
	"math"
	"time"
)

// happens reads a statement of what happens, and plans it. Times in it count from a moment
// on. In a repetition what lies after the trace's end is left out, else it is a mistake.
func (sc *scene) happens(st *statement, vars scope, from time.Duration, repeated bool) {
	s := sc.scan(st, vars)
	sc.goneThrough(s, len(st.text))
	switch s.word("at", "every", "repeat", "if", "let") {
	case "at":
		s = sc.wholeIn(st, s.pos, true, vars)
		at := from + s.duration("the time")
		if at < 0 {
			s.fail("this is %v before the trace begins", -at)
		}
		if at >= sc.duration() && !repeated {
			s.fail("this is at %v, and the trace ends at %v (windows %d)", at, sc.duration(), sc.windows)
		}
		sc.happen(s, at)
	case "every":
		sc.every(s, from)
	case "repeat":
		n := s.count("how often", 0, maxSteps)
		as := s.as()
		s.mustEnd()
		for i := range n {
			sc.block(s, as, float64(i), from)
		}
	case "if":
		yes := s.expr()
		s.mustEnd()
		if yes.v != 0 {
			sc.inBlock(s, vars, from, repeated)
		}
	case "let":
		let(s, vars)
		s.mustEnd()
	default:
		s.unexpected("a step (at), a repetition (every, repeat), if or let")
	}
}

// goneThrough counts what was read, again and again in repetitions.
func (sc *scene) goneThrough(s *scanner, bytes int) {
	sc.iterations++
	sc.read += bytes
	if sc.iterations > 4*maxSteps || sc.read > maxRead {
		s.fail("this goes on for too long: more than %d lines or %d bytes were gone through, counting repetitions", 4*maxSteps, maxRead)
	}
}

// as reads the name of the number of times, from 0, that a block was gone through before.
func (s *scanner) as() string {
	if s.word("as") == "" {
		return ""
	}
	name := s.name("a name")
	if _, ok := s.vars[name]; ok {
		s.fail("%s has a value already", name)
	}
	return name
}

// every reads every D [from A] [to B] [N times] [as NAME]. The block's times count from
// A, A+D, and so on; B is not one of them.
func (sc *scene) every(s *scanner, from time.Duration) {
	step := s.duration("the interval")
	if step <= 0 {
		s.fail("every needs an interval that is longer than nothing (repeat 3 as i goes through a block without one)")
	}
	end := sc.duration()
	first, times := from, uint64(math.MaxUint64)
	if s.word("from") != "" {
		first = from + s.duration("the beginning")
	}
	if s.word("to") != "" {
		end = from + s.duration("the end")
	}
	s.sign(",")
	as := ""
	if s.peek() != "as" && !s.end() {
		times = s.count("how often", 0, maxSteps)
		s.want("times", "time")
	}
	as = s.as()
	s.mustEnd()
	end = min(end, sc.duration())
	for i := uint64(0); i < times && first+time.Duration(i)*step < end; i++ {
		sc.block(s, as, float64(i), first+time.Duration(i)*step)
	}
}

// block goes through a repetition's block once.
func (sc *scene) block(s *scanner, as string, i float64, from time.Duration) {
	vars := s.vars
	if as != "" {
		vars = maps.Clone(vars)
		vars[as] = value{v: i}
	}
	sc.goneThrough(s, 0)
	sc.inBlock(s, vars, from, true)
}

func (sc *scene) inBlock(s *scanner, vars scope, from time.Duration, repeated bool) {
	if len(s.block) == 0 {
		s.fail("what is to be done has to stand below this line, indented")
	}
	own := false
	for _, st := range s.block {
		if !own && sc.scan(st, vars).peek() == "let" {
			vars, own = maps.Clone(vars), true
		}
		sc.happens(st, vars, from, repeated)
	}
}

// happen reads who does what, one step after another.
func (sc *scene) happen(s *scanner, at time.Duration) {
	var steps func(*scanner, time.Duration)
	if name := s.peek(); name == "P" || isProc(name) {
		p := sc.proc(s)
		steps = func(s *scanner, at time.Duration) { sc.procStep(s, at, p) }
	} else {
		g := sc.goroutine(s)
		steps = func(s *scanner, at time.Duration) { sc.step(s, at, g) }
	}
	for {
		sc.goneThrough(s, 0)
		from := s.pos
		if s.sign("+") != "" {
			d := s.duration("the time since the step before")
			if d < 0 {
				s.fail("a step cannot be before the one that stands before it")
			}
			at += d
		}
		steps(s, at)
		sc.read += s.pos - from
		if s.end() {
			return
		}
		if s.sign(",", "\n") == "" {
			s.unexpected("a comma, and then the next step")
		}
		if s.sign("\n"); s.end() {
			s.fail("a step should come after the comma")
		}
	}
}

// A place is the stack that a step says, or none.
type place struct {
	said   bool
	frames []frame
}

// place reads at STACK.
func (sc *scene) place(s *scanner) place {
	if s.word("at") == "" {
		return place{}
	}
	return place{true, sc.frames(s)}
}

// step reads one step of a goroutine.
func (sc *scene) step(s *scanner, at time.Duration, g *goroutine) {
	line := s.line()
	plan := func(do func(*player)) { sc.plan(at, line, do) }
	switch verb := s.name("what it does"); verb {
	case "woken":
		sc.woken(s, plan, g)
	case "created":
		s.want("on")
		p := sc.proc(s)
		sc.creates(s, g, line)
		plan(func(pl *player) { pl.timerCreates(p, g) })
	case "on":
		p := sc.proc(s)
		plan(func(pl *player) { pl.start(p, g) })
	case "blocks":
		reason := s.reason()
		stack := sc.place(s)
		plan(func(pl *player) { pl.block(g, reason, stack) })
	case "yields":
		stack := sc.place(s)
		plan(func(pl *player) { pl.yield(g, stack) })
	case "preempted":
		stack := sc.place(s)
		plan(func(pl *player) { pl.preempt(g, stack) })
	case "ends":
		plan(func(pl *player) { pl.end(g) })
	case "wakes":
		other := sc.goroutine(s)
		stack := sc.place(s)
		plan(func(pl *player) { pl.wake(g, other, stack) })
	case "creates":
		coroutine := s.word("coroutine") != ""
		other := sc.goroutine(s)
		sc.creates(s, other, line)
		stack := sc.place(s)
		plan(func(pl *player) { pl.create(g, other, stack, coroutine) })
	case "switches":
		s.want("to")
		other := sc.goroutine(s)
		plan(func(pl *player) { pl.switchTo(g, other) })
	case "syscall":
		stack := sc.place(s)
		plan(func(pl *player) { pl.syscall(g, stack) })
	case "loses":
		s.want("P")
		plan(func(pl *player) { pl.loseP(g) })
	case "returns":
		plan(func(pl *player) { pl.syscallReturns(g) })
	case "gc", "assist", "stw", "region", "task", "log", "label", "procs":
		sc.says(s, plan, g, verb)
	default:
		s.pos -= len(verb)
		if !sc.onP(s, plan, func(pl *player) *proc { return pl.running(g).p }, g) {
			s.unexpected("a step of a goroutine: woken, on, blocks, yields, preempted, ends, wakes, creates, created, switches, syscall, loses, returns, gc, assist, stw, region, task, log, label, procs, heap, goal, sweep or sampled")
		}
	}
}

// woken reads woken [by GOROUTINE [at STACK]|on P].
func (sc *scene) woken(s *scanner, plan func(func(*player)), g *goroutine) {
	switch s.word("by", "on") {
	case "by":
		by := sc.goroutine(s)
		stack := sc.place(s)
		plan(func(pl *player) { pl.wake(by, g, stack) })
	case "on":
		p := sc.proc(s)
		plan(func(pl *player) { pl.pollerWakes(p, g) })
	default:
		plan(func(pl *player) { pl.pollerWakes(noProc, g) })
	}
}

// creates notes that a step creates a goroutine.
func (sc *scene) creates(s *scanner, g *goroutine, line int) {
	switch {
	case g.was != "" || g.parks:
		s.fail("%s is there from the beginning, as line %d says (by parks or was)", g, g.line)
	case g.createdBy == line:
		s.fail("%s is created by this line more than once: in a repetition it needs an index (%s*10, %[2]s[i])", g, g.name)
	case g.createdBy != 0:
		s.fail("%s is created by line %d already", g, g.createdBy)
	}
	g.createdBy = line
}

// procStep reads a step of a P that runs no goroutine, or of whichever it runs.
func (sc *scene) procStep(s *scanner, at time.Duration, p int) {
	line := s.line()
	plan := func(do func(*player)) { sc.plan(at, line, do) }
	switch s.word("stops", "starts") {
	case "stops":
		plan(func(pl *player) { pl.stopP(p) })
	case "starts":
		plan(func(pl *player) { pl.startP(p) })
	default:
		if !sc.onP(s, plan, func(pl *player) *proc { return pl.procs[p] }, nil) {
			s.unexpected("a step of a P: heap, goal, sweep, sampled, stops or starts")
		}
	}
}

// onP reads what happens on a P with a goroutine and without. It reports whether there is
// something like that.
func (sc *scene) onP(s *scanner, plan func(func(*player)), which func(*player) *proc, g *goroutine) bool {
	const mostBytes = 1 << 50
	switch s.word("heap", "goal", "sweep", "sampled") {
	case "heap":
		n := s.count("the heap's size", 0, mostBytes)
		plan(func(pl *player) { pl.heap(which(pl), n) })
	case "goal":
		n := s.count("the heap's goal", 0, mostBytes)
		plan(func(pl *player) { pl.goal(which(pl), n) })
	case "sweep":
		if s.want("begins", "ends") == "begins" {
			stack := sc.place(s)
			plan(func(pl *player) { pl.sweepBegin(which(pl), g, stack) })
			return true
		}
		swept, reclaimed := s.count("the bytes swept", 0, mostBytes), uint64(0)
		if s.word("reclaims") != "" {
			reclaimed = s.count("the bytes reclaimed", 0, mostBytes)
		}
		plan(func(pl *player) { pl.sweepEnd(which(pl), swept, reclaimed) })
	case "sampled":
		stack := sc.place(s)
		plan(func(pl *player) { pl.sample(which(pl), g, stack) })
	default:
		return false
	}
	return true
}

// says reads what a running goroutine says of itself, of the collector or of the program.
func (sc *scene) says(s *scanner, plan func(func(*player)), g *goroutine, what string) {
	switch what {
	case "gc":
		begins := s.want("begins", "ends") == "begins"
		stack := sc.place(s)
		plan(func(pl *player) { pl.gc(g, begins, stack) })
	case "assist":
		begins := s.want("begins", "ends") == "begins"
		stack := sc.place(s)
		plan(func(pl *player) { pl.assist(g, begins, stack) })
	case "stw":
		if s.want("begins", "ends") == "ends" {
			plan(func(pl *player) { pl.startTheWorld(g) })
			return
		}
		kind := s.mustStr("the kind of stop")
		stack := sc.place(s)
		plan(func(pl *player) { pl.stopTheWorld(g, kind, stack) })
	case "region":
		if s.want("begins", "ends") == "ends" {
			stack := sc.place(s)
			plan(func(pl *player) { pl.regionEnd(g, stack) })
			return
		}
		name := s.mustStr("the region's name")
		task := sc.inTask(s)
		stack := sc.place(s)
		plan(func(pl *player) { pl.regionBegin(g, name, task, stack) })
	case "task":
		sc.task(s, plan, g)
	case "log":
		category, message := s.mustStr("the category"), s.mustStr("the message")
		task := sc.inTask(s)
		stack := sc.place(s)
		plan(func(pl *player) { pl.log(g, category, message, task, stack) })
	case "label":
		label := s.mustStr("the label")
		plan(func(pl *player) { pl.label(g, label) })
	case "procs":
		n := s.count("GOMAXPROCS", 1, maxProcs)
		stack := sc.place(s)
		plan(func(pl *player) { pl.procsChange(g, int(n), stack) })
	}
}

// task reads NAME begins "name" [in TASK] [at STACK], or NAME ends [at STACK].
func (sc *scene) task(s *scanner, plan func(func(*player)), g *goroutine) {
	id := sc.taskID(s)
	if s.want("begins", "ends") == "ends" {
		stack := sc.place(s)
		plan(func(pl *player) { pl.taskEnd(g, id, stack) })
		return
	}
	name := s.mustStr("the task's name")
	parent := sc.inTask(s)
	stack := sc.place(s)
	if line := sc.tasks[id]; line != 0 {
		s.fail("line %d begins a task %s already (in a repetition it needs an index: task %[2]s[i])", line, id)
	}
	sc.tasks[id] = s.line()
	plan(func(pl *player) { pl.taskBegin(g, id, name, parent, stack) })
}

// taskID reads the name that a text has for a task, with an index or without.
func (sc *scene) taskID(s *scanner) string {
	id := s.name("a task")
	if s.sign("[") != "" {
		id = fmt.Sprintf("%s[%d]", id, s.count("an index", 0, maxSteps))
		if s.sign("]") == "" {
			s.unexpected("]")
		}
	}
	return id
}

// inTask reads in TASK, "" if there is none.
func (sc *scene) inTask(s *scanner) string {
	if s.word("in") == "" {
		return ""
	}
	return sc.taskID(s)
}
