package detectors

import "time"

// A Reading is what the watch read of the machine at one moment and wrote into the trace,
// so that a dump shows it too. What could not be read is unknown, not zero. Its counters
// count from some moment of the past, the same for all readings of one watch: only the
// difference of two readings means something.
type Reading struct {
	// At is when it was written, by the trace's clock.
	At Time

	// CPU is the processor time that the process used, in the program and in the kernel
	// together (getrusage, GetProcessTimes).
	CPU Counter[time.Duration]

	// Throttle is how the kernel kept the process's cgroup from running.
	Throttle Throttle

	// Pressure is how long somebody had to wait for a CPU.
	Pressure Pressure

	// RunDelay is how long threads of this process were ready to run and had no CPU, all
	// threads together (the second number of /proc/self/task/*/schedstat). That is what
	// others on the machine, and the cgroup's limit, took: the runtime knows nothing of it,
	// its goroutines count as running.
	RunDelay Counter[time.Duration]

	// Steal is how long the hypervisor let others run while the machine had something to
	// run, all its CPUs together (/proc/stat). It is counted in steps of 10 ms.
	Steal Counter[time.Duration]

	// ClockSource is what the kernel reads the time from, "tsc" for one. It is "" where that
	// is not reported: elsewhere than on Linux.
	ClockSource string

	// Lost counts the generations of the trace that were lost since the watch began, by
	// whose fault it was. LostBefore is how many losses, in sum, had been read back from the trace
	// when this was written.
	Lost       [NumFaults]uint64
	LostBefore uint64
}

// A Throttle is how the kernel holds a cgroup to its share of the CPUs: in each period,
// 100 ms as a rule, the group may use so much processor time, and once it has used it all,
// none of its threads runs until the period is over. (Linux, Documentation/scheduler/
// sched-bwc.rst.)
//
// Where several groups around the process have a limit, one within the other, the counters
// go on by what those of the group did that was kept from running the longest since the reading
// before. So the difference of two successive readings is that of one group, as the
// kernel counts it: a sum over the groups would count twice when both were kept from
// running at once, and would thin out the share of the periods.
type Throttle struct {
	// Version is of the cgroups, 1 or 2. It is 0 where nothing is known, of the rest too.
	Version int

	// Periods counts those in which the group ran at all, Throttled those in which it was
	// kept from running.
	Periods, Throttled uint64

	// Time is how long it was kept from running. Version 1 and 2 sum this over the CPUs that
	// it would have run on: it may grow faster than time goes by.
	Time time.Duration

	// Quota is the smallest limit of all groups around the process, in CPUs: 1.5 is 150 ms in
	// each 100 ms. It is 0 where there is no limit, or none that could be read.
	Quota float64
}

// Known reports whether anything is known.
func (t Throttle) Known() bool { return t.Version != 0 }

// Since returns by how much the counters grew from before on. That is unknown where one of
// them is, and where they count something else than before. Quota is that of t.
func (t Throttle) Since(before Throttle) Throttle {
	if t.Version != before.Version ||
		t.Periods < before.Periods || t.Throttled < before.Throttled || t.Time < before.Time {
		return Throttle{}
	}
	t.Periods -= before.Periods
	t.Throttled -= before.Throttled
	t.Time -= before.Time
	return t
}

// A Pressure is how long at least one thread was ready to run and had no CPU: "some" of
// Linux's pressure stall information (Documentation/accounting/psi.rst).
type Pressure struct {
	Stalled Counter[time.Duration]

	// Machine says that it is the whole machine's and not that of the process's cgroup,
	// which has none, as all those of version 1.
	Machine bool
}

// Since returns by how much it grew from before on. That is unknown where one of them is,
// and where they are not of the same.
func (p Pressure) Since(before Pressure) Pressure {
	if p.Machine != before.Machine {
		return Pressure{}
	}
	return Pressure{p.Stalled.Since(before.Stalled), p.Machine}
}
