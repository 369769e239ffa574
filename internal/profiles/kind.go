package profiles

import (
	"fmt"
	"strings"

	"github.com/gotracewatch/tracewatch/detectors"
)

// A Kind names a profile.
type Kind string

// The profiles.
const (
	Sched        Kind = "sched"
	Network      Kind = "network"
	NetworkQueue Kind = "network-queue"
	Mutex        Kind = "mutex"
	Channel      Kind = "channel"
	Select       Kind = "select"
	Sleep        Kind = "sleep"
	Syscall      Kind = "syscall"
	GC           Kind = "gc"
	Assist       Kind = "gc-assist"
	Preempt      Kind = "preempt"
	Running      Kind = "running"
	Goroutines   Kind = "goroutines"
)

// index is a Kind's place in definitions.
type index uint8

const (
	sched index = iota
	network
	networkQueue
	mutex
	channel
	selecting
	sleep
	syscall
	gc
	assist
	preempt
	running
	goroutines
	numKinds
)

// definition is what a profile is of.
type definition struct {
	kind     Kind
	observes detectors.Kinds
	count    string // what one is called, as pprof's sample type
	time     string // what its time is called
	doc      string
}

// Those that go tool trace and the runtime's block profile have too are called as there, so that
// pprof can compare them.
const (
	contentions = "contentions"
	delay       = "delay"
)

// definitions are in the order of index. Nothing changes them.
var definitions = [numKinds]definition{
	sched: {Sched, detectors.Set(detectors.GoStart), contentions, delay,
		"waits of runnable goroutines for a P, for whatever reason, by the stack where the goroutine had stopped, or the function that it begins in"},
	network: {Network, detectors.Set(detectors.GoUnpark), contentions, delay,
		"waits for the network poller, by the stack that waited"},
	networkQueue: {NetworkQueue, detectors.Set(detectors.GoStart), contentions, delay,
		"waits for a P after a wait for the network, when the answer was there, by the stack that had waited for the network"},
	mutex: {Mutex, detectors.Set(detectors.GoUnpark), contentions, delay,
		"waits in package sync: for a Mutex, an RWMutex, a WaitGroup, which the trace does not tell apart but the stack does, or a Cond; by the stack that waited"},
	channel: {Channel, detectors.Set(detectors.GoUnpark), contentions, delay,
		"waits to send to a channel and to receive from one, outside of a select, by the stack that waited"},
	selecting: {Select, detectors.Set(detectors.GoUnpark), contentions, delay,
		"waits in a select, by the stack that waited"},
	sleep: {Sleep, detectors.Set(detectors.GoUnpark), contentions, delay,
		"time.Sleep, by the stack that slept"},
	syscall: {Syscall, detectors.Set(detectors.GoSyscallEnd, detectors.GoEnd), contentions, delay,
		"system calls and calls into C, also those that kept their P, by the stack that called"},
	gc: {GC, detectors.Set(detectors.GoUnpark), contentions, delay,
		"waits for the garbage collector: of assists without work, of its own goroutines, for it to scan the stack or to end; by the stack that waited"},
	assist: {Assist, detectors.Set(detectors.AssistEnd), "assists", "time",
		"the garbage collector's mark assists, with what they were parked, by the stack that allocated"},
	preempt: {Preempt, detectors.Set(detectors.GoPreempt, detectors.GoStart), "preemptions", delay,
		"preemptions, and how long the goroutine then waited for a P, by the stack where it was stopped"},
	running: {Running, detectors.Set(detectors.GoPark, detectors.GoYield, detectors.GoPreempt, detectors.GoSyscall, detectors.GoEnd), "runs", "time",
		"runs on a P without a stop or a system call, by the stack that the run ended with: where it stopped, not where the time went"},
	goroutines: {Goroutines, detectors.Set(detectors.GoCreate, detectors.GoEnd), "goroutines", "lifetime",
		"goroutines created, and the lifetimes of those of them that ended, by the function that they begin in, called by the go statement's stack"},
}

// Kinds returns all profiles, in a fixed order.
func Kinds() []Kind {
	all := make([]Kind, numKinds)
	for i := range definitions {
		all[i] = definitions[i].kind
	}
	return all
}

// Doc says in a line what a sample is, and what its stack is. Of what is no profile it says nothing.
func (k Kind) Doc() string {
	i, ok := k.index()
	if !ok {
		return ""
	}
	return definitions[i].doc
}

func (k Kind) index() (index, bool) {
	for i := range definitions {
		if definitions[i].kind == k {
			return index(i), true
		}
	}
	return 0, false
}

func (k Kind) unknown() error {
	var known []string
	for i := range definitions {
		known = append(known, string(definitions[i].kind))
	}
	return fmt.Errorf("there is no profile %q, only %s", string(k), strings.Join(known, ", "))
}

// waited returns the profile of a wait. That of a reason which no profile is of is numKinds: what
// waits forever never ends.
func waited(r detectors.Reason) index {
	switch r.Cause() {
	case detectors.CauseNetwork:
		return network
	case detectors.CauseLock:
		return mutex
	case detectors.CauseChanSend, detectors.CauseChanReceive:
		return channel
	case detectors.CauseSelect:
		return selecting
	case detectors.CauseSleep:
		return sleep
	case detectors.CauseGC:
		return gc
	default:
		return numKinds
	}
}
