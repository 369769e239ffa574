package timeline

import (
	"fmt"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// advance lets c's event happen. It returns false if it cannot have happened yet,
// and an error if it can never have.
func (t *Timeline) advance(c *cursor) (bool, error) {
	switch c.Type {
	case wire.EvGoStart:
		return t.goStart(c)
	case wire.EvGoBlock, wire.EvGoStop, wire.EvGoDestroy:
		return true, t.goStopExec(c)
	case wire.EvGoUnblock:
		return t.goUnblock(c)
	case wire.EvGoSyscallBegin:
		return true, t.syscallBegin(c)
	case wire.EvGoSyscallEnd:
		return true, t.syscallEnd(c)
	case wire.EvGoSyscallEndBlocked:
		return t.syscallEndBlocked(c)
	case wire.EvGoCreate, wire.EvGoCreateBlocked:
		return true, t.goCreate(c)
	case wire.EvGoStatus, wire.EvGoStatusStack:
		return true, t.goStatus(c)
	case wire.EvGoSwitch, wire.EvGoSwitchDestroy:
		return t.goSwitch(c)
	case wire.EvGoCreateSyscall:
		return true, t.goCreateSyscall(c)
	case wire.EvGoDestroySyscall:
		return true, t.goDestroySyscall(c)

	case wire.EvProcStart:
		return t.procStart(c)
	case wire.EvProcStop:
		return true, t.procStop(c)
	case wire.EvProcSteal:
		return t.procSteal(c)
	case wire.EvProcStatus:
		return true, t.procStatus(c)

	case wire.EvGCActive, wire.EvGCBegin, wire.EvGCEnd:
		return t.mark(c)
	case wire.EvGCSweepBegin, wire.EvGCSweepActive, wire.EvGCSweepEnd:
		return true, t.sweep(c)
	case wire.EvGCMarkAssistBegin, wire.EvGCMarkAssistActive, wire.EvGCMarkAssistEnd:
		return true, t.assist(c)
	case wire.EvSTWBegin, wire.EvSTWEnd:
		return true, t.stopTheWorld(c)
	case wire.EvHeapAlloc, wire.EvHeapGoal:
		return true, t.heap(c)
	case wire.EvProcsChange:
		return true, t.procsChange(c)

	case wire.EvGoLabel:
		return true, t.label(c)
	case wire.EvUserTaskBegin:
		return true, t.taskBegin(c)
	case wire.EvUserTaskEnd:
		return true, t.taskEnd(c)
	case wire.EvUserRegionBegin:
		return true, t.regionBegin(c)
	case wire.EvUserRegionEnd:
		return true, t.regionEnd(c)
	case wire.EvUserLog:
		return true, t.log(c)
	}
	if s, ok := wire.SpecOf(c.Type); ok && s.Args > 0 { // the experiments' events
		t.push(detectors.Experimental, c.Time, c.thread).Value = uint64(c.Type)
		return true, c.thread.check(needThread)
	}
	return false, fmt.Errorf("it has no place among events")
}
