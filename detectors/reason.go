package detectors

// Reason is why a goroutine stopped running, as the runtime gives it.
type Reason uint8

// The runtime's reasons (runtime/traceruntime.go). One that a newer runtime
// adds is ReasonOther.
const (
	ReasonNone        Reason = iota // not recorded: coroutine switches carry none
	ReasonOther                     // one that this release does not know
	ReasonUnspecified               // the runtime says "unspecified"
	ReasonForever                   // select {}, or a nil channel
	ReasonNetwork
	ReasonSelect
	ReasonCond // sync.Cond
	ReasonSync // sync.Mutex, RWMutex, WaitGroup: the stack tells which
	ReasonChanSend
	ReasonChanReceive
	ReasonAssist // GC mark assist that found no work to do
	ReasonSweep  // the background sweeper's rest
	ReasonSystem // a runtime goroutine's rest
	ReasonPreempted
	ReasonDebugCall
	ReasonUntilGCEnds
	ReasonSleep
	ReasonWeakToStrong // a weak pointer used while GC is marking
	ReasonSynctest     // testing/synctest
	ReasonGosched      // runtime.Gosched
	NumReasons
)

// reasonNames are the strings of the trace.
var reasonNames = [NumReasons]string{
	ReasonNone:         "",
	ReasonOther:        "other",
	ReasonUnspecified:  "unspecified",
	ReasonForever:      "forever",
	ReasonNetwork:      "network",
	ReasonSelect:       "select",
	ReasonCond:         "sync.(*Cond).Wait",
	ReasonSync:         "sync",
	ReasonChanSend:     "chan send",
	ReasonChanReceive:  "chan receive",
	ReasonAssist:       "GC mark assist wait for work",
	ReasonSweep:        "GC background sweeper wait",
	ReasonSystem:       "system goroutine wait",
	ReasonPreempted:    "preempted",
	ReasonDebugCall:    "wait for debug call",
	ReasonUntilGCEnds:  "wait until GC ends",
	ReasonSleep:        "sleep",
	ReasonWeakToStrong: "GC weak to strong wait",
	ReasonSynctest:     "synctest",
	ReasonGosched:      "runtime.Gosched",
}

// ParseReason returns the reason for the runtime's string.
func ParseReason(s string) Reason {
	for r, name := range reasonNames {
		if name == s {
			return Reason(r)
		}
	}
	return ReasonOther
}

// String returns the runtime's string.
func (r Reason) String() string {
	if r < NumReasons {
		return reasonNames[r]
	}
	return "other"
}

// Reasons is a set of reasons.
type Reasons uint32

// SetReasons returns the set of the given reasons.
func SetReasons(reasons ...Reason) Reasons {
	var s Reasons
	for _, r := range reasons {
		s |= 1 << r
	}
	return s
}

// Has reports whether r is in the set.
func (s Reasons) Has(r Reason) bool { return s>>r&1 != 0 }

// Cause is what a goroutine waited for: the reasons, in the groups that people
// ask for. Its names are attribute values of metrics, and few.
type Cause uint8

// The causes of a wait.
const (
	CauseOther Cause = iota
	CauseNetwork
	CauseLock // mutex, rwmutex, waitgroup, cond
	CauseChanSend
	CauseChanReceive
	CauseSelect
	CauseSleep
	CauseGC
	CauseSyscall // a system call during which the P was lost
	NumCauses
)

// String returns the cause's name.
func (c Cause) String() string {
	return [...]string{"other", "network", "lock", "chan_send", "chan_receive", "select", "sleep", "gc", "syscall"}[min(c, NumCauses-1)]
}

// Cause returns the group that a reason to wait belongs to.
func (r Reason) Cause() Cause {
	switch r {
	case ReasonNetwork:
		return CauseNetwork
	case ReasonSync, ReasonCond:
		return CauseLock
	case ReasonChanSend:
		return CauseChanSend
	case ReasonChanReceive, ReasonForever:
		return CauseChanReceive
	case ReasonSelect:
		return CauseSelect
	case ReasonSleep:
		return CauseSleep
	case ReasonAssist, ReasonSweep, ReasonUntilGCEnds, ReasonWeakToStrong, ReasonPreempted:
		return CauseGC
	default:
		return CauseOther
	}
}
