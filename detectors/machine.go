package detectors

import "time"

// machine follows what the watch's readings say of the machine, from window to window.
type machine struct {
	last Reading
	has  bool
}

// stretch is what the readings say of the time between two of them.
type stretch struct {
	from, to Time
	cpu      Counter[time.Duration]
	throttle Throttle
	delay    Counter[time.Duration] // of the process's threads
	pressure Counter[time.Duration]
	steal    Counter[time.Duration]
}

// follow returns the stretches that end in a window.
func (m *machine) follow(w *Window) (all []stretch) {
	if w.Fresh {
		m.has = false // a dump of this window does not show what was before
	}
	for _, r := range w.Readings {
		if m.has && r.At > m.last.At {
			all = append(all, stretch{
				from: m.last.At, to: r.At,
				cpu:      r.CPU.Since(m.last.CPU),
				throttle: r.Throttle.Since(m.last.Throttle),
				delay:    r.RunDelay.Since(m.last.RunDelay),
				pressure: r.Pressure.Since(m.last.Pressure).Stalled,
				steal:    r.Steal.Since(m.last.Steal),
			})
		}
		m.last, m.has = r, true
	}
	return all
}

// machinePast follows the machine over the windows of a look-back, for a detector of something
// that the machine's own trouble looks like.
type machinePast struct {
	machine machine
	past    recent[machineWindow]
}

// machineWindow is what is kept of one window.
type machineWindow struct {
	stretches []stretch
	ran       time.Duration
}

// window returns what is kept of a window.
func (m *machine) window(w *Window) machineWindow {
	return machineWindow{m.follow(w), ranTotal(w.Totals)}
}

func (m *machinePast) add(w *Window) { m.past.add(w, m.machine.window(w)) }

// since returns what was taken from a moment on. It begins with a reading, which may be before that:
// a dump has to begin there to show the same.
func (m *machinePast) since(first Time) (t taken) {
	start := m.past.start()
	for _, p := range m.past.past {
		for i := range p.value.stretches {
			if s := &p.value.stretches[i]; s.from >= start && s.to > first {
				t.add(s)
			}
		}
	}
	for _, p := range m.past.past {
		t.ran = addDurations(t.ran, within(p.value.ran, p.start, p.end, t.from, t.to))
	}
	return t
}

// ranTotal is how long goroutines of all classes were running in a window, by the trace. Those
// that run on beyond its end are not in it.
func ranTotal(t *Totals) time.Duration {
	sum := t.Ran.Sum().Total
	for _, r := range t.Others {
		sum = addDurations(sum, r.Total)
	}
	return sum
}

// within is how much of what goroutines ran in a window was between two moments, if they ran
// evenly: only sums of a window are kept, and the machine is read in its midst.
func within(ran time.Duration, start, end, from, to Time) time.Duration {
	part := min(end, to).Sub(max(start, from))
	if part <= 0 {
		return 0
	}
	return time.Duration(float64(ran) * float64(part) / float64(end.Sub(start)))
}

// ranAt is how long goroutines of the service ran in a window, by where they were when they
// stopped.
func ranAt(w *Window) map[SiteID]Sum {
	sites := make(map[SiteID]Sum)
	for id, r := range w.Totals.Runs {
		if site := w.Code.SiteOf(StackID(id)); r.Count > 0 && site != 0 {
			sum := sites[site]
			sum.Merge(r)
			sites[site] = sum
		}
	}
	return sites
}
