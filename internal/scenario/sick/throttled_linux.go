package sick

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// throttlePeriod is that of the kernel's bandwidth control.
const throttlePeriod = 100 * time.Millisecond

// A cgroup is how one of the two versions shows what the kernel's bandwidth control does.
type cgroup struct {
	files map[string]string
	stat  string // the file with the counters
	total string // the counter of the time without CPU
	unit  time.Duration
}

// unified is the layout of cgroup v2.
func unified() cgroup {
	return cgroup{
		files: map[string]string{
			"proc/self/cgroup":                 "0::/app\n",
			"proc/self/mountinfo":              "30 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime - cgroup2 cgroup2 rw\n",
			"sys/fs/cgroup/cgroup.controllers": "cpu memory pids\n",
			"sys/fs/cgroup/app/cpu.max":        "20000 100000\n",
		},
		stat:  "sys/fs/cgroup/app/cpu.stat",
		total: "throttled_usec",
		unit:  time.Microsecond,
	}
}

// split is the layout of cgroup v1.
func split() cgroup {
	return cgroup{
		files: map[string]string{
			"proc/self/cgroup":                                "4:cpu,cpuacct:/app\n",
			"proc/self/mountinfo":                             "31 23 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid,nodev,noexec,relatime - cgroup cgroup rw,cpu,cpuacct\n",
			"sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_quota_us":  "20000\n",
			"sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_period_us": "100000\n",
		},
		stat:  "sys/fs/cgroup/cpu,cpuacct/app/cpu.stat",
		total: "throttled_time",
		unit:  time.Nanosecond,
	}
}

func throttledUnified() scenario.Scenario { return throttled("throttled-cgroup-v2", unified()) }
func throttledSplit() scenario.Scenario   { return throttled("throttled-cgroup-v1", split()) }

// throttled describes a program whose cgroup leaves it without CPU for a part of each period. No test
// may set a quota, so that this is an imitation: a shell stops the whole process and
// lets it go on, as the kernel does with all its threads, and counts that where a cgroup's
// files would be. Whoever watches from the same process is stopped with it, as in reality.
func throttled(name string, group cgroup) scenario.Scenario {
	root := hostRoot(name)
	return scenario.Scenario{
		Name: name,
		Doc:  "The container has used up its CPU quota in a part of each tenth of a second, and the kernel does not run it until the next begins.",
		Kind: "cpu-throttled",
		Follows: map[string]string{
			"preempt-failure": "who ran when the process was stopped seems to have run until it went on",
			"stop-the-world":  "a pause during which the process was stopped lasts as long",
			"sched-delay":     "what is ready waits until the process goes on",
			"gc-assist":       "an assist during which the process was stopped lasts as long",
			"timer-storm":     "timers that expired meanwhile fire together when the process goes on",
		},
		Watch: scenario.Watch{HostRoot: root},
		Start: func(ctx context.Context) (scenario.Program, error) { return startThrottled(ctx, root, group) },
	}
}

func startThrottled(ctx context.Context, root string, group cgroup) (scenario.Program, error) {
	s := newStage(ctx)
	group.files[group.stat] = group.counters(0, 0, 0)
	if err := s.imitate(root, group.files); err != nil {
		return s.abandon(err)
	}
	if err := s.witness(); err != nil {
		return s.abandon(err)
	}
	s.running.Go(func() { useQuota(s.ctx) })
	stat := filepath.Join(root, filepath.FromSlash(group.stat))
	begun := make(chan chan int)
	s.running.Go(func() { s.countPeriods(stat, group, begun) })
	s.fault = func(strength scenario.Strength) error {
		reply := make(chan int)
		begun <- reply
		return s.freeze(stat, group, <-reply, pick(strength, 30*time.Millisecond, 70*time.Millisecond))
	}
	return s, nil
}

// counters returns the content of the file cpu.stat.
func (g cgroup) counters(periods, throttled int, without time.Duration) string {
	usage := ""
	if g.unit == time.Microsecond {
		usage = fmt.Sprintf("usage_usec %d\nuser_usec %d\nsystem_usec 0\n", periods*10_000, periods*10_000)
	}
	return fmt.Sprintf("%snr_periods %d\nnr_throttled %d\n%s %d\n", usage, periods, throttled, g.total, without/g.unit)
}

// useQuota uses a tenth of a CPU.
func useQuota(ctx context.Context) {
	h := uint64(1)
	scenario.Every(ctx, 10*time.Millisecond, func() { h = refresh(h, time.Millisecond) })
}

// countPeriods keeps the counters while nothing is throttled, and tells who begins how many periods
// there were.
func (s *stage) countPeriods(stat string, group cgroup, begun <-chan chan int) {
	ticker := time.NewTicker(throttlePeriod)
	defer ticker.Stop()
	for periods := 0; ; {
		select {
		case <-s.ctx.Done():
			return
		case reply := <-begun:
			reply <- periods
			return
		case <-ticker.C:
			periods++
			s.fail(replaceFile(stat, group.counters(periods, 0, 0)))
		}
	}
}

// freezeScript stops a process, $1, for a part of each period, and counts that in $2. It ends when
// the file $3 is gone or the process is. Its first half ignores what asks it to end, because the
// process could be stopped just then. Should it be killed all the same, the pipe to the second half
// closes, which lets the process go on: to look whether the first still lives would not do,
// because a stopped process does not bury its children.
const freezeScript = `
pid=$1 stat=$2 go=$3 periods=$4 frozen=$5 rest=$6 step=$7 name=$8 usage=$9
trap '' INT TERM HUP
{
	throttled=0 total=0
	while [ -e "$go" ] && kill -STOP "$pid"; do
		sleep "$frozen"
		periods=$((periods+1)) throttled=$((throttled+1)) total=$((total+step))
		{
			if [ "$usage" = 1 ]; then printf 'usage_usec %d\nuser_usec %d\nsystem_usec 0\n' $((periods*10000)) $((periods*10000)); fi
			printf 'nr_periods %d\nnr_throttled %d\n%s %d\n' $periods $throttled "$name" $total
		} >"$stat.next" && mv "$stat.next" "$stat"
		kill -CONT "$pid"
		sleep "$rest"
	done
} 2>/dev/null | {
	cat >/dev/null
	kill -CONT "$pid" 2>/dev/null
}
`

// freeze has a shell stop this process for a part of each period, until Stop. The shell is asked to
// end and not killed: what is killed at the wrong moment leaves the process stopped for a while.
func (s *stage) freeze(stat string, group cgroup, periods int, frozen time.Duration) error {
	seconds := func(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }
	usage := strconv.Itoa(strings.Count(group.counters(0, 0, 0), "usage_usec"))
	flag := stat + ".go"
	if err := replaceFile(flag, ""); err != nil {
		return err
	}
	c := exec.Command("sh", "-c", freezeScript, "sh", strconv.Itoa(os.Getpid()), stat, flag, strconv.Itoa(periods),
		seconds(frozen), seconds(throttlePeriod-frozen), strconv.FormatInt(int64(frozen/group.unit), 10), group.total, usage)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a terminal's signals are not for it
	if err := c.Start(); err != nil {
		os.Remove(flag)
		return fmt.Errorf("sick: starting a shell: %w", err)
	}
	s.running.Go(func() { c.Wait() }) // what it says when it ends does not matter
	s.atStop(func() error { return os.Remove(flag) })
	return nil
}
