package reading

import (
	"strconv"
	"strings"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

// Parse reads a line of [Append], also a later release's. It returns false for what is not
// one: a line of another version, or one with a field that cannot be. Whatever the
// program logs under the same category does not pass for a reading by chance, and no number of
// one is so large that a few added up overflow. At is left 0.
func Parse(line string) (r detectors.Reading, ok bool) {
	if len(line) > limits.StringBytes {
		return r, false
	}
	rest, ok := strings.CutPrefix(line, version+" ")
	if !ok {
		return r, line == version
	}
	for more := true; more; {
		var f string
		f, rest, more = strings.Cut(rest, " ")
		name, value, ok := strings.Cut(f, "=")
		if !ok || name == "" || !parseField(&r, name, value) {
			return detectors.Reading{}, false
		}
	}
	return r, true
}

// parseField reads one field. It returns false if it cannot be.
func parseField(r *detectors.Reading, name, value string) (ok bool) {
	v := values{rest: value, more: true}
	switch name {
	case fieldCPU:
		r.CPU = v.counter()
	case fieldThrottle:
		r.Throttle = v.throttle()
	case fieldPressure:
		r.Pressure = detectors.Pressure{Stalled: v.counter()}
	case fieldMachine:
		r.Pressure = detectors.Pressure{Stalled: v.counter(), Machine: true}
	case fieldRunDelay:
		r.RunDelay = v.counter()
	case fieldSteal:
		r.Steal = v.counter()
	case fieldClock:
		clock := v.next()
		if !validClock(clock) {
			return false
		}
		r.ClockSource = strings.Clone(clock) // the line may be a piece of something large
	case fieldLost:
		// A release with fewer faults wrote fewer.
		r.Lost = [detectors.NumFaults]uint64{}
		for i := 0; i < len(r.Lost) && (i == 0 || v.more); i++ {
			r.Lost[i] = v.count()
		}
	case fieldTold:
		r.LostBefore = v.count()
	}
	return !v.wrong
}

// values are those of a field. Numbers that are not read are passed over.
type values struct {
	rest  string
	more  bool
	wrong bool // one was not there, or not what was asked for
}

func (v *values) next() string {
	if !v.more {
		v.wrong = true
		return ""
	}
	var s string
	s, v.rest, v.more = strings.Cut(v.rest, ",")
	return s
}

func (v *values) count() uint64 {
	n, err := strconv.ParseUint(v.next(), 10, 64)
	v.wrong = v.wrong || err != nil
	return n
}

func (v *values) time() time.Duration {
	n := v.count()
	v.wrong = v.wrong || n > limits.Nanoseconds
	return time.Duration(n)
}

func (v *values) counter() detectors.Counter[time.Duration] { return detectors.Count(v.time()) }

func (v *values) throttle() detectors.Throttle {
	t := detectors.Throttle{Version: int(min(v.count(), 3)), Periods: v.count(), Throttled: v.count(), Time: v.time()}
	quota, err := strconv.ParseFloat(v.next(), 64)
	t.Quota = quota
	v.wrong = v.wrong || err != nil || !validThrottle(&t)
	return t
}
