package sick

import (
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"
)

// A symptom says by the reference's reading what shows a kind, and whether it does. The limits are the
// ones that detectors have by default.
type symptom struct {
	measure  func(r *reading, sites []string) (shows bool, numbers string)
	duration time.Duration // of a recording
}

// symptoms are those of the kinds that a trace shows.
var symptoms = map[string]symptom{
	"sched-delay":     {measureDelay, time.Second},
	"gc-assist":       {measureAssists, 2 * time.Second},
	"netpoll-block":   {measureNetwork, 1500 * time.Millisecond},
	"preempt-rate":    {measurePreemptions, 1200 * time.Millisecond},
	"preempt-failure": {measureRuns, 2 * time.Second},
	"goroutine-leak":  {measureLeak, time.Second},
	"timer-storm":     {measureTimers, time.Second},
	"lock-contention": {measureLocks, time.Second},
	"stop-the-world":  {measurePauses, time.Second},
}

func measureDelay(r *reading, sites []string) (bool, string) {
	delays := durations(r.starts, func(s start) time.Duration { return s.late })
	var sum time.Duration
	for _, d := range delays {
		sum += d
	}
	mean, p99 := sum/time.Duration(max(len(delays), 1)), quantile(delays, 0.99)
	occupant, total := r.occupant()
	share := total.Seconds() / r.elapsed.Seconds() / float64(runtime.GOMAXPROCS(0))
	others := r.late(20*time.Millisecond, occupant)
	seen := 0
	for _, s := range sites {
		seen += r.seen[s]
		if occupant == s {
			seen++
		}
	}
	return mean > 250*time.Microsecond && p99 > 20*time.Millisecond && others >= 10 && share > 1.0/3 && (seen > 0 || r.begunIn(sites)),
		fmt.Sprintf("mean %v, P99 %v, %d others late, %s used %.2f of the Ps, site in %d stacks", mean, p99, others, occupant, share, seen)
}

// begunIn reports whether goroutines began in one of the functions.
func (r *reading) begunIn(sites []string) bool {
	return slices.ContainsFunc(sites, func(s string) bool { _, ok := r.begun[s]; return ok })
}

func measureAssists(r *reading, sites []string) (bool, string) {
	all := durations(r.assists, func(s stay) time.Duration { return s.d })
	p99, here := quantile(all, 0.99), 0
	for _, s := range r.assists {
		if at(s.stack, sites) {
			here++
		}
	}
	var marked time.Duration
	for _, d := range r.marks {
		marked += d
	}
	share := marked.Seconds() / r.elapsed.Seconds()
	backToBack := len(r.marks) > 20 && share > 0.5 && r.begunIn(sites)
	return p99 > 15*time.Millisecond && here >= 20 || backToBack,
		fmt.Sprintf("%d assists, %d at the site, P50 %v, P99 %v, max %v; %d cycles, marking for %.2f of the time", len(all), here, quantile(all, 0.5), p99, quantile(all, 1), len(r.marks), share)
}

func measureNetwork(r *reading, sites []string) (bool, string) {
	n, all, sum := 0, 0, time.Duration(0)
	for _, w := range r.waits {
		if (w.reason == "network" || w.reason == "select") && at(w.stack, sites) {
			all++
			if w.d >= 50*time.Millisecond {
				n++
				sum += w.d
			}
		}
	}
	atOnce := sum.Seconds() / r.elapsed.Seconds()
	return atOnce > 10, fmt.Sprintf("%d waits at the site, %d of 50ms, %.1f at once", all, n, atOnce)
}

func measurePreemptions(r *reading, sites []string) (bool, string) {
	here := 0
	for _, p := range r.preemptions {
		if at(p.stack, sites) {
			here++
		}
	}
	occupant, _ := r.occupant()
	victims := r.perSecond(r.late(10*time.Millisecond, occupant))
	all := durations(r.preemptions, func(s stay) time.Duration { return s.d })
	return r.perSecond(here) > 50 && victims >= 10,
		fmt.Sprintf("%.0f preemptions/s, %.0f at the site, after P50 %v P90 %v; %.0f others late/s", r.perSecond(len(all)), r.perSecond(here),
			quantile(all, 0.5), quantile(all, 0.9), victims)
}

func measureRuns(r *reading, sites []string) (bool, string) {
	long, failed := 0, 0
	var here []time.Duration
	for _, s := range r.runs {
		if !at(s.stack, sites) {
			continue
		}
		here = append(here, s.d)
		if s.d >= 10*time.Millisecond {
			long++
		}
		if s.d >= 30*time.Millisecond {
			failed++
		}
	}
	return r.perSecond(failed) > 0.6 && 2*failed > long && failed >= 2,
		fmt.Sprintf("%d runs stopped at the site, %d of 10ms, %d of 30ms, P50 %v, max %v", len(here), long, failed, quantile(here, 0.5), quantile(here, 1))
}

func measureLeak(r *reading, sites []string) (bool, string) {
	created, ended := 0, 0
	for _, s := range sites {
		created += r.created[s]
		ended += r.ended[s]
	}
	return r.perSecond(created-ended) > 3 && created >= 10*ended, fmt.Sprintf("%d created, %d ended", created, ended)
}

func measureTimers(r *reading, sites []string) (bool, string) {
	n := 0
	for _, w := range r.waits {
		if w.over && len(w.waker) == 0 && at(w.stack, sites) && (w.reason == "sleep" || w.reason == "select" || w.reason == "chan receive") {
			n++
		}
	}
	for _, s := range sites {
		n += r.alarmsOf[s]
	}
	occupant, _ := r.occupant()
	victims := r.perSecond(r.late(10*time.Millisecond, occupant))
	late := durations(slices.DeleteFunc(slices.Clone(r.starts), func(s start) bool { return s.of == occupant }), func(s start) time.Duration { return s.late })
	return r.perSecond(n) > 500 && victims >= 10,
		fmt.Sprintf("%.0f expirations/s at the site, %.0f others late/s, P90 %v, max %v", r.perSecond(n), victims, quantile(late, 0.9), quantile(late, 1))
}

func measureLocks(r *reading, sites []string) (bool, string) {
	n, long := 0, 0
	for _, w := range r.waits {
		if w.reason == "sync" && at(w.waker, sites) {
			n++
			if w.d >= 10*time.Millisecond {
				long++
			}
		}
	}
	return r.perSecond(n) > 50 && r.perSecond(long) > 20, fmt.Sprintf("%.0f waits/s ended by the site, %.0f/s of 10ms", r.perSecond(n), r.perSecond(long))
}

// measurePauses asks who was slow, or who stopped the world, to be at the site.
func measurePauses(r *reading, sites []string) (bool, string) {
	n, here := 0, false
	var kinds []string
	for _, kind := range slices.Sorted(maps.Keys(r.pauses)) {
		d := durations(r.pauses[kind], func(s stay) time.Duration { return s.d })
		for _, p := range r.pauses[kind] {
			if p.d > 10*time.Millisecond {
				n++
				here = here || at(p.stack, sites)
			}
		}
		kinds = append(kinds, fmt.Sprintf("%s: %d, P50 %v, max %v", kind, len(d), quantile(d, 0.5), quantile(d, 1)))
	}
	longest := time.Duration(0)
	for _, s := range r.runs {
		if at(s.stack, sites) {
			longest = max(longest, s.d)
			here = here || s.d > 10*time.Millisecond
		}
	}
	return n >= 2 && here, fmt.Sprintf("%d pauses of 10ms; %s; longest run at the site %v", n, strings.Join(kinds, "; "), longest)
}
