package detectors

import (
	"fmt"
	"time"
)

// taken is what the readings say of the processor time that goroutines which held a P did not
// get, between the first of the readings and the last.
type taken struct {
	known    bool // there are two readings
	from, to Time
	ran      time.Duration // goroutines held a P, by the trace

	cpu       Counter[time.Duration]
	throttled time.Duration          // by the cgroup, summed over its CPUs
	delay     Counter[time.Duration] // of the process's threads together
	pressure  Counter[time.Duration] // somebody's, on the machine
	steal     Counter[time.Duration] // by the hypervisor, from all of the machine's CPUs together
}

func (t *taken) add(m *stretch) {
	if !t.known {
		zero := Count(time.Duration(0))
		*t = taken{known: true, from: m.from, cpu: zero, delay: zero, pressure: zero, steal: zero}
	}
	t.to = m.to
	t.cpu = plus(t.cpu, m.cpu)
	t.delay = plus(t.delay, m.delay)
	t.pressure = plus(t.pressure, m.pressure)
	t.steal = plus(t.steal, m.steal)
	if m.throttle.Known() {
		t.throttled = addDurations(t.throttled, m.throttle.Time)
	}
}

// off is how long goroutines held a P and no processor, all Ps together. It is at least that:
// the process uses processors in system calls, too.
func (t *taken) off() (d time.Duration, known bool) {
	return max(0, t.ran-t.cpu.Value), t.known && t.cpu.Known
}

// stolen reports whether that was because the hypervisor ran others. From whom on the machine it
// took the processors is not known: with so little used, from this process too.
func (t *taken) stolen() bool {
	off, known := t.off()
	return known && t.steal.Known && 2*t.steal.Value >= off
}

// starved reports whether it was because others had the processors, on this machine or beside
// it. The threads' own delay and what was stolen are summed up as off is, over threads and
// CPUs. Pressure is not: that somebody waited is at most a second in each, however many did. If
// the kernel says neither, whoever used no processor is taken for starved.
func (t *taken) starved() bool {
	off, known := t.off()
	switch {
	case !known:
		return false
	case t.delay.Known:
		return 2*(t.delay.Value+t.steal.Value) >= off
	case t.pressure.Known:
		return t.stolen() || 2*t.pressure.Value >= min(off, t.to.Sub(t.from))
	default:
		return true
	}
}

// What to do about each.
const (
	adviceThrottled = "Give the container more CPU, or set GOMAXPROCS to what it may use"
	adviceStolen    = "Look at what else runs on the host of this virtual machine, or take a larger share of it"
	adviceStarved   = "Look at what else runs on this machine"
)

// remark is what to add to a finding that names code: "" if the machine gave what held a P at
// least three quarters of the time. What the kernel says nothing of is nobody's fault.
func (t *taken) remark() (summary, advice string) {
	off, known := t.off()
	if !known || off == 0 || 4*off < t.ran || !t.delay.Known && !t.pressure.Known && t.throttled == 0 {
		return "", ""
	}
	who := ""
	switch {
	case 2*t.throttled >= off:
		who, advice = "the cgroup was throttled", adviceThrottled
	case t.stolen():
		who, advice = "the hypervisor ran others", adviceStolen
	case t.starved():
		who, advice = "the machine was starved", adviceStarved
	default:
		return "", ""
	}
	return fmt.Sprintf("; %s, what held a P had no processor for %.0f%% of the time", who, 100*float64(off)/float64(t.ran)),
		advice + ", and see whether it is still so. "
}

// withheld is how long what could have run had no processor, and the words for that: 0 if it had one for three quarters of the
// time. The trace alone may not show it: a process that uses processors in the scheduler and in system calls uses more
// than goroutines ran, though its threads waited for one. They may have waited for each other, so that the
// machine is not to blame; but what was late then may have been late for that.
func (t *taken) withheld() (d time.Duration, words string) {
	if off, known := t.off(); known && off > 0 && 4*off >= t.ran && (2*t.throttled >= off || t.starved()) {
		return max(off, t.delay.Value), fmt.Sprintf("what held a P had no processor for %.0f%% of the time", 100*float64(off)/float64(t.ran))
	}
	wanted := t.delay.Value + t.cpu.Value
	if !t.delay.Known || !t.cpu.Known || wanted == 0 || 4*t.delay.Value < wanted {
		return 0, ""
	}
	return t.delay.Value, fmt.Sprintf("threads that could have run had no processor for %.0f%% of the time", 100*float64(t.delay.Value)/float64(wanted))
}

func (t *taken) measures() (all []Measure) {
	if off, known := t.off(); known {
		all = append(all, Measure{Name: "running without a processor", Value: off.Seconds(), Unit: "s"})
	}
	if t.throttled > 0 {
		all = append(all, Measure{Name: "throttled by the cgroup", Value: t.throttled.Seconds(), Unit: "s"})
	}
	if t.pressure.Known {
		all = append(all, Measure{Name: "somebody on the machine waited for a processor", Value: t.pressure.Value.Seconds(), Unit: "s"})
	}
	if t.steal.Known {
		all = append(all, Measure{Name: "the hypervisor ran others", Value: t.steal.Value.Seconds(), Unit: "s"})
	}
	if t.delay.Known {
		all = append(all, Measure{Name: "threads waited for a processor", Value: t.delay.Value.Seconds(), Unit: "s"})
	}
	return all
}
