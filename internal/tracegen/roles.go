package tracegen

import "github.com/gotracewatch/tracewatch/internal/wire"

// role is what an argument on the wire names.
type role byte

const (
	aNumber    role = 'n' // nothing: a number
	aTime      role = 't' // a difference, or a moment
	aSequence  role = 'q'
	aStatus    role = 'x'
	aGoroutine role = 'g'
	aProc      role = 'p'
	aThread    role = 'm'
	aTask      role = 'u'
	aStack     role = 'k'
	aString    role = 's'
	aPC        role = 'c'
)

// roles has the role of each argument, a letter each, by event type. Those of
// the AllocFree experiment are numbers all.
var roles = [256]string{
	wire.EvFrequency:           "n",
	wire.EvClockSnapshot:       "tnnn",
	wire.EvCPUSample:           "tmpgk",
	wire.EvString:              "s",
	wire.EvStack:               "kn", // and frames
	wire.EvProcsChange:         "tnk",
	wire.EvProcStart:           "tpq",
	wire.EvProcStop:            "t",
	wire.EvProcSteal:           "tpqm",
	wire.EvProcStatus:          "tpx",
	wire.EvGoCreate:            "tgkk",
	wire.EvGoCreateSyscall:     "tg",
	wire.EvGoStart:             "tgq",
	wire.EvGoDestroy:           "t",
	wire.EvGoDestroySyscall:    "t",
	wire.EvGoStop:              "tsk",
	wire.EvGoBlock:             "tsk",
	wire.EvGoUnblock:           "tgqk",
	wire.EvGoSyscallBegin:      "tqk",
	wire.EvGoSyscallEnd:        "t",
	wire.EvGoSyscallEndBlocked: "t",
	wire.EvGoStatus:            "tgmx",
	wire.EvSTWBegin:            "tsk",
	wire.EvSTWEnd:              "t",
	wire.EvGCActive:            "tq",
	wire.EvGCBegin:             "tqk",
	wire.EvGCEnd:               "tq",
	wire.EvGCSweepActive:       "tp",
	wire.EvGCSweepBegin:        "tk",
	wire.EvGCSweepEnd:          "tnn",
	wire.EvGCMarkAssistActive:  "tg",
	wire.EvGCMarkAssistBegin:   "tk",
	wire.EvGCMarkAssistEnd:     "t",
	wire.EvHeapAlloc:           "tn",
	wire.EvHeapGoal:            "tn",
	wire.EvGoLabel:             "ts",
	wire.EvUserTaskBegin:       "tuusk",
	wire.EvUserTaskEnd:         "tuk",
	wire.EvUserRegionBegin:     "tusk",
	wire.EvUserRegionEnd:       "tusk",
	wire.EvUserLog:             "tussk",
	wire.EvGoSwitch:            "tgq",
	wire.EvGoSwitchDestroy:     "tgq",
	wire.EvGoCreateBlocked:     "tgkk",
	wire.EvGoStatusStack:       "tgmxk",
}

// frameRoles are those of each frame in a stack's entry.
const frameRoles = "cssn"

// role returns what the i-th argument names.
func (r record) role(i int) role {
	if letters := roles[r.kind]; i < len(letters) {
		return role(letters[i])
	}
	switch {
	case r.kind == wire.EvStack:
		return role(frameRoles[(i-2)%len(frameRoles)])
	case i == 0:
		return aTime
	}
	return aNumber
}
