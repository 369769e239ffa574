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
