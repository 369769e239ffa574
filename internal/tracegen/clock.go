package tracegen

import "time"

// ClockUnit sets the nanoseconds per unit of the trace's clock: 64 by default,
// 1 for exact times. It must divide a second.
func (w *World) ClockUnit(ns int64) {
	w.declare("ClockUnit")
	if ns <= 0 || int64(time.Second)%ns != 0 {
		w.fail("%d ns do not divide a second", ns)
	}
	w.unit = ns
}

// Clocks sets what the other clocks show at a moment of the trace's clock, for
// the snapshot at each generation's beginning (Go 1.25). By default the
// monotonic clock is the trace's and both agree with the wall clock.
func (w *World) Clocks(read func(at int64) (mono int64, wall time.Time)) {
	w.declare("Clocks")
	w.clocks = read
}

// Distinct makes the times of all events differ, over all threads: no two are in
// the same unit of the clock, not even those of a generation's lists. Then time
// alone orders them, and how a reader breaks ties cannot matter. Where more
// happens than there are units, events are later than they were told.
func (w *World) Distinct() {
	w.declare("Distinct")
	for _, m := range w.threads {
		if m.skew != 0 {
			w.fail("thread %d has a clock of its own", m.id)
		}
	}
	w.distinct = true
}

// claim returns the unit of the clock for what is to happen at one: another, if
// it has been taken and all must differ.
func (w *World) claim(at uint64) uint64 {
	if w.distinct {
		at = max(at, w.taken+1)
		w.taken = at
	}
	return at
}

func defaultClocks(at int64) (mono int64, wall time.Time) {
	const boot = 1_780_000_000 // any second will do, as long as it is always the same
	return at, time.Unix(boot, at)
}

// units converts a moment to the trace's clock.
func (w *World) units(at int64) uint64 { return uint64(max(at, 0) / w.unit) }

func (w *World) sync() {
	mono, wall := w.clocks(w.start)
	w.gen.Sync(uint64(int64(time.Second)/w.unit), Snapshot{
		Time: w.units(w.start),
		Mono: uint64(mono),
		Wall: wall,
	})
}
