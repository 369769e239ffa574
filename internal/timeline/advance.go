package timeline

import (
	"errors"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// outcome is what became of an attempt to let an event happen.
type outcome uint8

const (
	// happened: the event is part of the timeline now.
	happened outcome = iota
	// notYet: what the event says cannot be true yet. Another thread's event comes
	// first, although its clock says otherwise.
	notYet
	// broken: what the event says can never be true. The reason is in Timeline.problem.
	broken
	// finished: there is no event left.
	finished
)

// broke notes why an event can never happen.
func (t *Timeline) broke(err error) outcome {
	t.problem = err
	return broken
}

// always is the outcome of an event that happens, unless there is an error.
func (t *Timeline) always(err error) outcome {
	if err != nil {
		return t.broke(err)
	}
	return happened
}

// advance lets c's event happen, if it can.
func (t *Timeline) advance(c *cursor) outcome {
	switch c.Type {
	case wire.EvGoStart:
		return t.goStart(c)
	case wire.EvGoUnblock:
		return t.goUnblock(c)
	case wire.EvGoBlock, wire.EvGoStop:
		return t.goStopped(c)
	case wire.EvGoSyscallBegin:
		return t.syscallBegin(c)
	case wire.EvGoSyscallEnd:
		return t.syscallEnd(c)
	case wire.EvGoDestroy:
		return t.goDestroy(c)
	case wire.EvGoSyscallEndBlocked:
		return t.syscallEndBlocked(c)
	case wire.EvGoCreate, wire.EvGoCreateBlocked:
		return t.goCreate(c)
	case wire.EvGoStatus, wire.EvGoStatusStack:
		return t.always(t.goStatus(c))
	case wire.EvGoSwitch, wire.EvGoSwitchDestroy:
		return t.goSwitch(c)
	case wire.EvGoCreateSyscall:
		return t.always(t.goCreateSyscall(c))
	case wire.EvGoDestroySyscall:
		return t.always(t.goDestroySyscall(c))

	case wire.EvProcStart:
		return t.procStart(c)
	case wire.EvProcStop:
		return t.procStop(c)
	case wire.EvProcSteal:
		return t.procSteal(c)
	case wire.EvProcStatus:
		return t.always(t.procStatus(c))

	case wire.EvGCActive, wire.EvGCBegin, wire.EvGCEnd:
		return t.mark(c)
	case wire.EvGCSweepBegin, wire.EvGCSweepActive, wire.EvGCSweepEnd:
		return t.always(t.sweep(c))
	case wire.EvGCMarkAssistBegin, wire.EvGCMarkAssistActive, wire.EvGCMarkAssistEnd:
		return t.always(t.assist(c))
	case wire.EvSTWBegin, wire.EvSTWEnd:
		return t.always(t.stopTheWorld(c))
	case wire.EvHeapAlloc, wire.EvHeapGoal:
		return t.always(t.heapSize(c))
	case wire.EvProcsChange:
		return t.always(t.procsChange(c))

	case wire.EvGoLabel:
		return t.always(t.label(c))
	case wire.EvUserTaskBegin:
		return t.always(t.taskBegin(c))
	case wire.EvUserTaskEnd:
		return t.always(t.taskEnd(c))
	case wire.EvUserRegionBegin:
		return t.always(t.regionBegin(c))
	case wire.EvUserRegionEnd:
		return t.always(t.regionEnd(c))
	case wire.EvUserLog:
		return t.always(t.log(c))
	}
	if s, ok := wire.SpecOf(c.Type); ok && s.Args > 0 { // the experiments' events
		t.push(detectors.Experimental, c.Time, c.thread).Value = uint64(c.Type)
		return t.always(c.thread.check(needThread))
	}
	return t.broke(errors.New("it has no place among events"))
}
