package reading

import (
	"strconv"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

// Category is that of the trace's log events that hold a reading.
const Category = "tracewatch"

// version begins each line.
const version = "v1"

// The names of the fields.
const (
	fieldCPU      = "cpu"
	fieldThrottle = "thr"
	fieldPressure = "psi"     // of the cgroup
	fieldMachine  = "psi_all" // the same of the machine
	fieldRunDelay = "delay"
	fieldSteal    = "steal"
	fieldClock    = "clock"
	fieldLost     = "lost"
	fieldTold     = "told"
)

// Append appends the line of a reading, without its moment: the event that it is written
// with has one. It is far shorter than the longest string of a trace
// ([limits.StringBytes]). What [Parse] would not take is left out as unknown.
func Append(to []byte, r *detectors.Reading) []byte {
	to = append(to, version...)
	to = appendTime(to, fieldCPU, r.CPU)
	if t := &r.Throttle; validThrottle(t) {
		to = strconv.AppendInt(field(to, fieldThrottle), int64(t.Version), 10)
		to = strconv.AppendUint(append(to, ','), t.Periods, 10)
		to = strconv.AppendUint(append(to, ','), t.Throttled, 10)
		to = strconv.AppendInt(append(to, ','), int64(t.Time), 10)
		to = strconv.AppendFloat(append(to, ','), t.Quota, 'g', -1, 64)
	}
	pressure := fieldPressure
	if r.Pressure.Machine {
		pressure = fieldMachine
	}
	to = appendTime(to, pressure, r.Pressure.Stalled)
	to = appendTime(to, fieldRunDelay, r.RunDelay)
	to = appendTime(to, fieldSteal, r.Steal)
	if validClock(r.ClockSource) {
		to = append(field(to, fieldClock), r.ClockSource...)
	}
	if r.Lost != ([detectors.NumFaults]uint64{}) {
		to = field(to, fieldLost)
		for i, n := range r.Lost {
			if i > 0 {
				to = append(to, ',')
			}
			to = strconv.AppendUint(to, n, 10)
		}
	}
	if r.LostBefore != 0 {
		to = strconv.AppendUint(field(to, fieldTold), r.LostBefore, 10)
	}
	return to
}

func field(to []byte, name string) []byte {
	to = append(to, ' ')
	to = append(to, name...)
	return append(to, '=')
}

func appendTime(to []byte, name string, c detectors.Counter[time.Duration]) []byte {
	if !c.Known || !validTime(c.Value) {
		return to
	}
	return strconv.AppendInt(field(to, name), int64(c.Value), 10)
}

func validTime(d time.Duration) bool { return d >= 0 && d <= limits.Nanoseconds }

// validThrottle also tells what is unknown from what is known. A limit of more CPUs than
// any machine has is none.
func validThrottle(t *detectors.Throttle) bool {
	return (t.Version == 1 || t.Version == 2) && validTime(t.Time) && t.Quota >= 0 && t.Quota <= limits.Procs
}

// validClock reports whether a name can be one of the kernel's, and stands in a field.
func validClock(name string) bool {
	if name == "" || len(name) > limits.ClockSourceBytes {
		return false
	}
	for i := range len(name) {
		if c := name[i]; c <= ' ' || c > '~' || c == ',' {
			return false
		}
	}
	return true
}
