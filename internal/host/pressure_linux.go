package host

import (
	"path/filepath"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
)

// pressure follows the pressure on the CPUs.
type pressure struct {
	machine string // /proc/pressure/cpu
	dir     string // of the process's group
	group   string // its cpu.pressure; "" if the process is in no group but the one that is the machine
	sum     sum
	moved   bool // since the group was last read
}

// move takes another group, "" for none.
func (p *pressure) move(dir string) {
	if dir == p.dir {
		return
	}
	p.moved = p.moved || p.group != ""
	p.dir, p.group = dir, ""
	// Only the group that is around all others has no type.
	if dir != "" && len(readFile(filepath.Join(dir, "cgroup.type"), make([]byte, 16))) > 0 {
		p.group = filepath.Join(dir, "cpu.pressure")
	}
}

// read returns the group's pressure, or the machine's if there is none: the kernel may be told
// not to measure it by group.
func (p *pressure) read(room []byte) detectors.Pressure {
	if p.group != "" {
		if d, ok := stalled(readFile(p.group, room)); ok {
			if p.moved {
				p.sum.last, p.moved = d, false // what it was before is not this process's
			}
			return detectors.Pressure{Stalled: detectors.Count(p.sum.add(d))}
		}
	}
	d, ok := stalled(readFile(p.machine, room))
	if !ok {
		return detectors.Pressure{}
	}
	return detectors.Pressure{Stalled: detectors.Count(d), Machine: true}
}

// stalled reads the total of the line "some" of a pressure file, which is in microseconds.
func stalled(text []byte) (d time.Duration, ok bool) {
	first, _ := line(text)
	name, rest := word(first)
	if string(name) != "some" {
		return 0, false
	}
	const total = "total="
	for len(rest) > 0 {
		var w []byte
		w, rest = word(rest)
		if len(w) > len(total) && string(w[:len(total)]) == total {
			return length(w[len(total):], time.Microsecond)
		}
	}
	return 0, false
}
