package host

import (
	"path/filepath"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

// throttle follows the groups that can hold the process back.
type throttle struct {
	version int
	levels  []level // the process's own group first
	sum     detectors.Throttle
	begun   bool // there were groups before
}

// A level is one of the groups.
type level struct {
	stat   string             // cpu.stat
	quota  string             // cpu.max or cpu.cfs_quota_us
	period string             // cpu.cfs_period_us; "" for version 2
	last   detectors.Throttle // what it counted; unknown for a group that is new
}

// move takes other groups. What the first ones had counted before counts, so that two watches of
// one process begin alike, and of later ones what they count from then on.
func (t *throttle) move(version int, dirs []string) {
	before, first := t.levels, !t.begun
	t.version, t.begun = version, t.begun || version != 0
	t.levels = make([]level, len(dirs))
	for i, dir := range dirs {
		l := &t.levels[i]
		l.stat = filepath.Join(dir, "cpu.stat")
		l.quota = filepath.Join(dir, "cpu.max")
		if version == 1 {
			l.quota = filepath.Join(dir, "cpu.cfs_quota_us")
			l.period = filepath.Join(dir, "cpu.cfs_period_us")
		}
		if first {
			l.last.Version = version
		}
		for _, b := range before {
			if b.stat == l.stat {
				l.last = b.last // the process moved within it
			}
		}
	}
}

// read returns the counters, which go on by what the worst of the groups did since the reading
// before.
func (t *throttle) read(room []byte) detectors.Throttle {
	var worst detectors.Throttle
	known, quota := false, 0.
	for i := range t.levels {
		l := &t.levels[i]
		now, ok := t.counters(readFile(l.stat, room))
		if !ok {
			continue
		}
		known = true
		since := now.Since(l.last)
		l.last = now
		if q := l.limit(room); q > 0 && (quota == 0 || q < quota) {
			quota = q
		}
		if since.Known() && (!worst.Known() || worse(since, worst)) {
			worst = since
		}
	}
	if !known {
		return detectors.Throttle{}
	}
	t.sum.Version = t.version
	t.sum.Periods += worst.Periods
	t.sum.Throttled += worst.Throttled
	t.sum.Time += min(worst.Time, limits.Nanoseconds-t.sum.Time)
	t.sum.Quota = quota
	return t.sum
}

// worse compares what two groups did. Where nobody was kept from running, the periods are those
// of the group that had some.
func worse(a, b detectors.Throttle) bool {
	if a.Time != b.Time {
		return a.Time > b.Time
	}
	if a.Throttled != b.Throttled {
		return a.Throttled > b.Throttled
	}
	return b.Periods == 0 && a.Periods > 0
}

// counters reads a cpu.stat. A group without the cpu controller has one without them.
func (t *throttle) counters(text []byte) (c detectors.Throttle, ok bool) {
	const periods, throttled, spent = 1, 2, 4
	c.Version = t.version
	seen := 0
	for len(text) > 0 {
		var l []byte
		l, text = line(text)
		name, value := word(l)
		bit, ok := 0, true
		switch string(name) {
		case "nr_periods":
			bit = periods
			c.Periods, ok = number(value)
		case "nr_throttled":
			bit = throttled
			c.Throttled, ok = number(value)
		case "throttled_time": // version 1
			bit = spent
			c.Time, ok = length(value, time.Nanosecond)
		case "throttled_usec": // version 2
			bit = spent
			c.Time, ok = length(value, time.Microsecond)
		}
		if !ok {
			return c, false
		}
		seen |= bit
	}
	return c, seen == periods|throttled|spent
}

// limit returns how many CPUs a group may use, 0 if there is no limit. Version 1 writes -1 for
// none, version 2 "max".
func (l *level) limit(room []byte) float64 {
	first, _ := line(readFile(l.quota, room))
	quota, rest := word(first)
	q, ok := number(quota)
	if !ok {
		return 0
	}
	if l.period != "" {
		rest, _ = line(readFile(l.period, room))
	}
	period, _ := word(rest)
	p, ok := number(period)
	if cpus := float64(q) / float64(p); ok && p > 0 && cpus <= limits.Procs {
		return cpus
	}
	return 0
}
