package tracewatch

import (
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/reading"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
)

// resting is from when on in each second nobody runs but who stops the world: while it is stopped
// nothing can happen. What is planned for the others does not fall into the next 20 ms.
const resting = 964 * ms

// storms lets a timer of each of many goroutines fire once a second, all of them at once or, if
// healthy, one after the other. They have the same work to do on P p either way.
func (s *stage) storms(p int) {
	const jobs, work = 110, 8 * ms
	creator, nap := s.Stack("main.main"), s.Stack("time.Sleep", "main.job")
	for k := range jobs {
		g := s.born(600*µs+time.Duration(k)*10*µs, "main.job", creator, "sleep", nap)
		for i := range s.windows {
			fires := time.Duration(i)*time.Second + setUp + time.Duration(k)*µs
			wait := µs + time.Duration(k)*work
			if s.calm(fires) {
				fires, wait = fires+wait, µs
			}
			s.wake(p, g, fires, wait)
			s.park(p, fires+wait+work, "sleep", nap)
		}
	}
}

// locks lets goroutines ask for a mutex in turn. Its holder, on P p as they are, keeps it over
// whatever it waits for, or lets go of it at once.
func (s *stage) locks(p int) {
	const callers, turn = 10, 25 * ms
	creator, idle := s.Stack("main.main"), s.Stack("runtime.chanrecv1", "main.lookup")
	pause := s.Stack("time.Sleep", "main.(*cache).load", "main.refresh")
	lock := s.Stack("sync.(*Mutex).Lock", "main.(*cache).get", "main.lookup")
	unlock := s.Stack("sync.(*Mutex).Unlock", "main.(*cache).load", "main.refresh")
	holder := s.born(2*ms, "main.refresh", creator, "sleep", pause)
	for i := range callers {
		g := s.born(2*ms+time.Duration(1+i)*10*µs, "main.lookup", creator, "chan receive", idle)
		for at := setUp + 253*ms + time.Duration(i)*turn; at < time.Duration(s.windows)*time.Second; at += callers * turn {
			wait := callers*turn - 50*ms - 500*µs
			if s.calm(at) {
				wait = 100 * µs
			}
			s.wake(p, g, at-wait, µs)
			s.park(p, at-wait+10*µs, "sync", lock)
			s.wake(p, holder, at, µs)
			s.at(at+10*µs, func(at int64) { s.p[p].Unblock(at, g(), unlock) })
			s.park(p, at+20*µs, "sleep", pause)
			s.at(at+30*µs, func(at int64) { s.p[p].Start(at, g()) })
			s.park(p, at+40*µs, "chan receive", idle)
		}
	}
}

// stops lets a goroutine on P p stop the world once a second. One on the next P has to stop for
// that, and is slow to, or is not.
func (s *stage) stops(p int) {
	creator, pause, idle := s.Stack("main.main"), s.Stack("time.Sleep", "main.report"), s.Stack("runtime.chanrecv1", "main.checksum")
	stop, sum := s.Stack("runtime.ReadMemStats", "main.report"), s.Stack("crypto/sha1.blockAMD64", "crypto/sha1.Sum", "main.checksum")
	stopper := s.born(500*µs, "main.report", creator, "sleep", pause)
	slow := s.born(510*µs, "main.checksum", creator, "chan receive", idle)
	for i := range s.windows {
		at, length := time.Duration(i)*time.Second+resting, 20*ms
		if s.calm(at) {
			length = 50 * µs
		}
		s.wake(p+1, slow, at, µs)
		s.wake(p, stopper, at+5*µs, µs)
		s.at(at+10*µs, func(at int64) { s.p[p].STWBegin(at, "read mem stats", stop) })
		at += 10*µs + length
		s.at(at, func(at int64) { s.p[p+1].Preempt(at, sum) })
		s.at(at+µs, s.p[p].STWEnd)
		s.park(p, at+2*µs, "sleep", pause)
		s.at(at+3*µs, func(at int64) { s.p[p+1].Start(at, slow()) })
		s.park(p+1, at+4*µs, "chan receive", idle)
	}
}

// reads lets the watch, on P p, log a reading at the end of each window, as [logbook] does: of a
// cgroup that is kept from running, of a kernel that gives up one clock after the other, and of
// generations that were lost. (One that is missing in the trace itself would tell less: after a
// gap every detector begins anew.)
func (s *stage) reads(p int) {
	const loop = "github.com/gotracewatch/tracewatch/tracewatch.(*Watcher).loop"
	pause, log := s.Stack("time.Sleep", loop), s.Stack("runtime/trace.Log", loop)
	watch := s.born(520*µs, loop, s.Stack("main.main"), "sleep", pause)
	clocks := []string{"tsc", "hpet", "acpi_pm"}
	for i := range s.windows {
		second := time.Duration(i) * time.Second
		r := detectors.Reading{
			CPU:         detectors.Count(5 * second),
			Throttle:    detectors.Throttle{Version: 2, Periods: uint64(10 * i), Quota: 6},
			ClockSource: clocks[0],
		}
		if !s.calm(second) {
			r.Throttle.Throttled, r.Throttle.Time = uint64(4*i), second/10
			r.ClockSource = clocks[i*len(clocks)/s.windows]
			r.Lost[detectors.LossRecorder] = uint64(i)
		}
		line := string(reading.Append(nil, &r))
		at := second + 990*ms
		s.wake(p, watch, at, µs)
		s.at(at+2*µs, func(at int64) { s.p[p].Log(at, tracegen.Task(0), reading.Category, line, log) })
		s.park(p, at+3*µs, "sleep", pause)
	}
}

// drifting is a monotonic clock beside which the trace's goes two thousandths slower.
func drifting(at int64) (mono int64, wall time.Time) {
	return at + at/500, time.Unix(1_780_000_000, at)
}
