package capture

import (
	"sync"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// The runtime has one slot for trace.Start and one for a flight recorder, whoever in the process
// uses them. slots keeps those who do so through this package out of each other's way.
var slots struct {
	sync.Mutex
	guests [2]func() // who is to be told to leave, by slot; nil: no guest is there
}

// A slot is one of the runtime's two.
type slot int

const (
	streamSlot slot = iota
	recorderSlot
)

// start starts something in a slot. As long as that is taken by a guest, the guest is asked to leave first.
// Leave is nil if what is started is no guest itself.
func (s slot) start(it func() error, leave func()) error {
	slots.Lock()
	defer slots.Unlock()
	err := it()
	for guest := slots.guests[s]; err != nil && guest != nil; guest = slots.guests[s] {
		slots.guests[s] = nil
		unlocked(guest) // it stops what it has started
		err = it()
	}
	if err == nil {
		slots.guests[s] = leave
	}
	return err
}

// unlocked calls a function without the lock.
func unlocked(f func()) {
	slots.Unlock()
	defer slots.Lock()
	f()
}

// Depart stops a guest that leaves by itself, and hands what was not collected yet to emit. Who needs the
// slot meanwhile waits. A guest that is being asked to leave may do so too.
func Depart(i Intake, emit func(wire.Raw)) error {
	s := recorderSlot
	if _, ok := i.(*Stream); ok {
		s = streamSlot
	}
	slots.Lock()
	defer slots.Unlock()
	slots.guests[s] = nil
	return i.Stop(emit)
}
