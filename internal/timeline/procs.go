package timeline

import (
	"errors"
	"fmt"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// proc is the state of one P.
type proc struct {
	status wire.ProcStatus // ProcBad: not heard of
	gen    uint64          // the generation that seq counts in
	seq    uint64
	sweep  rangeState
}

// thread is what one thread has: a goroutine, a P, both or neither.
type thread struct {
	id  detectors.ThreadID
	gid uint64     // 0: none
	g   *goroutine // of that number; nil: none, or one that has no state
	p   int        // noProc: none
}

const noProc = -1

func (th *thread) bind(g *goroutine) { th.g, th.gid = g, uint64(g.ID) }

// hold is bind, or unbind for nil.
func (th *thread) hold(g *goroutine) {
	if g != nil {
		th.bind(g)
	} else {
		th.unbind()
	}
}

func (th *thread) unbind() { th.g, th.gid = nil, 0 }

// current returns the thread's goroutine, nil if it has none.
func (th *thread) current() *goroutine {
	if g := th.g; g != nil && uint64(g.ID) == th.gid {
		return g
	}
	return nil
}

// runs returns the thread's goroutine if it is in the given state and the thread has a
// P, else nil.
func (th *thread) runs(want detectors.GoState) *goroutine {
	if g := th.g; g != nil && g.State == want && th.p >= 0 && uint64(g.ID) == th.gid {
		return g
	}
	return nil
}

// holds returns the thread's goroutine, P or not.
func (th *thread) holds(want detectors.GoState) (*goroutine, error) {
	if g := th.g; g != nil && g.State == want && uint64(g.ID) == th.gid {
		return g, nil
	}
	return nil, th.notHeld()
}

// notHeld says why holds has nothing to return.
func (th *thread) notHeld() error {
	if g := th.g; g == nil || uint64(g.ID) != th.gid {
		return fmt.Errorf("goroutine %d, which does not exist, on thread %d", th.gid, th.id)
	}
	return fmt.Errorf("goroutine %d is not in the state that thread %d's event needs", th.gid, th.id)
}

// need is what an event asks of its thread.
type need uint8

const (
	needThread need = 1 << iota
	needProc
	needNoProc
	needGo
	needNoGo

	needUser = needThread | needProc | needGo // where code of the program runs
)

// checkUser is check(needUser), decided in line.
func (th *thread) checkUser() error {
	if th.p != noProc && th.gid != 0 && th.id != detectors.NoThread {
		return nil
	}
	return th.check(needUser)
}

// check reports what th lacks.
func (th *thread) check(n need) error {
	switch {
	case n&needThread != 0 && th.id == detectors.NoThread:
		return errors.New("it is on no thread")
	case n&needProc != 0 && th.p == noProc:
		return fmt.Errorf("thread %d has no P", th.id)
	case n&needNoProc != 0 && th.p != noProc:
		return fmt.Errorf("thread %d already has a P", th.id)
	case n&needGo != 0 && th.gid == 0:
		return fmt.Errorf("thread %d runs no goroutine", th.id)
	case n&needNoGo != 0 && th.gid != 0:
		return fmt.Errorf("thread %d already runs a goroutine", th.id)
	}
	return nil
}

// proc returns a P, or nil if it was not heard of.
func (t *Timeline) proc(id int) *proc {
	if id < 0 || id >= len(t.procs) || t.procs[id].status == wire.ProcBad {
		return nil
	}
	return &t.procs[id]
}

// addProc makes room for a P.
func (t *Timeline) addProc(id uint64) (*proc, error) {
	if id >= limits.Procs {
		return nil, fmt.Errorf("a P of number %d", id)
	}
	for uint64(len(t.procs)) <= id {
		t.procs = append(t.procs, proc{})
	}
	return &t.procs[id], nil
}

// succeeds reports whether seq of generation gen comes right after the number that
// the resource has reached.
func succeeds(gen, seq, atGen, atSeq uint64) bool { return gen == atGen && seq == atSeq+1 }
