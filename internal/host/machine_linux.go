package host

import (
	"bytes"
	"path/filepath"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

// machine is what is read of Linux.
type machine struct {
	stat, clock string // files
	room        []byte
	groups      groups
	threads     threads
}

func newMachine(root string) machine {
	root = filepath.Clean(root)
	return machine{
		stat:    filepath.Join(root, "proc/stat"),
		clock:   filepath.Join(root, "sys/devices/system/clocksource/clocksource0/current_clocksource"),
		room:    make([]byte, limits.HostFileBytes),
		groups:  newGroups(root),
		threads: newThreads(filepath.Join(root, "proc/self/task")),
	}
}

func (m *machine) read(r *detectors.Reading) {
	r.Throttle, r.Pressure = m.groups.read(m.room)
	r.RunDelay = m.threads.read(m.room)
	r.Steal = steal(readFile(m.stat, m.room))
	r.ClockSource = clockSource(readFile(m.clock, m.room))
}

// steal reads the eighth number of the first line of /proc/stat. All have the unit of 10 ms that
// Linux shows to programs, whatever its own is. A machine that never did anything, not even
// rest, is a sandbox that does not tell.
func steal(text []byte) detectors.Counter[time.Duration] {
	const place = 8
	first, _ := line(text)
	name, rest := word(first)
	if string(name) != "cpu" {
		return detectors.Counter[time.Duration]{}
	}
	var all, last time.Duration
	for range place {
		var n []byte
		n, rest = word(rest)
		d, ok := length(n, 10*time.Millisecond)
		if !ok {
			return detectors.Counter[time.Duration]{}
		}
		all |= d
		last = d
	}
	if all == 0 {
		return detectors.Counter[time.Duration]{}
	}
	return detectors.Count(last)
}

// clockSource reads the name of one.
func clockSource(text []byte) string {
	name := bytes.TrimSpace(text)
	if len(name) > limits.ClockSourceBytes {
		return ""
	}
	for _, c := range name {
		if c <= ' ' || c > '~' {
			return ""
		}
	}
	return string(name)
}
