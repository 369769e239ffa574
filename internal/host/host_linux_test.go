package host_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/host"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

// groupPressure is a cpu.pressure with a total of 2 s.
const groupPressure = "some avg10=0.00 avg60=0.00 avg300=0.00 total=2000000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=1\n"

var (
	ofMachine = detectors.Pressure{Stalled: detectors.Count(5 * time.Second), Machine: true}
	ofGroup   = detectors.Pressure{Stalled: detectors.Count(2 * time.Second)}
)

// groups are the ways in which a process's groups can be told and mounted, and what is to be read
// of them.
var groups = []struct {
	name     string
	files    tree
	throttle detectors.Throttle
	pressure detectors.Pressure
}{
	{
		name: "version 2, as in a container with a namespace of its own",
		files: tree{
			"proc/self/cgroup": "0::/\n", "proc/self/mountinfo": mountsV2,
			"sys/fs/cgroup/cpu.stat":     statV2("nr_periods 118\nnr_throttled 7\nthrottled_usec 93000\n"),
			"sys/fs/cgroup/cpu.max":      "150000 100000\n",
			"sys/fs/cgroup/cpu.pressure": groupPressure,
			"sys/fs/cgroup/cgroup.type":  "domain\n",
		},
		throttle: detectors.Throttle{Version: 2, Periods: 118, Throttled: 7, Time: 93 * time.Millisecond, Quota: 1.5},
		pressure: ofGroup,
	},
	{
		name: "version 2, in the group that is around all: it cannot be held back",
		files: tree{
			"proc/self/cgroup": "0::/\n", "proc/self/mountinfo": mountsV2,
			"sys/fs/cgroup/cpu.stat":     "usage_usec 900\nuser_usec 600\nsystem_usec 300\n",
			"sys/fs/cgroup/cpu.pressure": groupPressure,
		},
		pressure: ofMachine,
	},
	{
		name: "version 2, a service of systemd without a limit",
		files: tree{
			"proc/self/cgroup": "0::/system.slice/shop.service\n", "proc/self/mountinfo": mountsV2,
			"sys/fs/cgroup/system.slice/cpu.stat":                  statV2("nr_periods 0\nnr_throttled 0\nthrottled_usec 0\n"),
			"sys/fs/cgroup/system.slice/cpu.max":                   "max 100000\n",
			"sys/fs/cgroup/system.slice/shop.service/cpu.stat":     statV2("nr_periods 0\nnr_throttled 0\nthrottled_usec 0\n"),
			"sys/fs/cgroup/system.slice/shop.service/cpu.max":      "max 100000\n",
			"sys/fs/cgroup/system.slice/shop.service/cgroup.type":  "domain\n",
			"sys/fs/cgroup/system.slice/shop.service/cpu.pressure": groupPressure,
		},
		throttle: detectors.Throttle{Version: 2},
		pressure: ofGroup,
	},
	{
		name: "version 2, nested: the limit is that of a group around the process's",
		files: tree{
			"proc/self/cgroup": "0::/pods/pod1/c1\n", "proc/self/mountinfo": mountsV2,
			"sys/fs/cgroup/pods/cpu.stat":         statV2("nr_periods 50\nnr_throttled 0\nthrottled_usec 0\n"),
			"sys/fs/cgroup/pods/cpu.max":          "800000 100000\n",
			"sys/fs/cgroup/pods/pod1/cpu.stat":    statV2("nr_periods 40\nnr_throttled 9\nthrottled_usec 1000\n"),
			"sys/fs/cgroup/pods/pod1/cpu.max":     "200000 100000\n",
			"sys/fs/cgroup/pods/pod1/c1/cpu.stat": statV2("nr_periods 0\nnr_throttled 0\nthrottled_usec 0\n"),
			"sys/fs/cgroup/pods/pod1/c1/cpu.max":  "max 100000\n",
		},
		throttle: detectors.Throttle{Version: 2, Periods: 40, Throttled: 9, Time: time.Millisecond, Quota: 2},
		pressure: ofMachine,
	},
	{
		name: "version 2, the cpu controller only above",
		files: tree{
			"proc/self/cgroup": "0::/pod/c\n", "proc/self/mountinfo": mountsV2,
			"sys/fs/cgroup/pod/cpu.stat":   statV2("nr_periods 40\nnr_throttled 9\nthrottled_usec 1000\n"),
			"sys/fs/cgroup/pod/cpu.max":    "50000 100000\n",
			"sys/fs/cgroup/pod/c/cpu.stat": "usage_usec 1\nuser_usec 1\nsystem_usec 0\n",
		},
		throttle: detectors.Throttle{Version: 2, Periods: 40, Throttled: 9, Time: time.Millisecond, Quota: 0.5},
		pressure: ofMachine,
	},
	{
		name: "version 2, the group's directory is not there but that around it is",
		files: tree{
			"proc/self/cgroup": "0::/pod/gone (deleted)\n", "proc/self/mountinfo": mountsV2,
			"sys/fs/cgroup/pod/cpu.stat": statV2("nr_periods 4\nnr_throttled 1\nthrottled_usec 1\n"),
		},
		throttle: detectors.Throttle{Version: 2, Periods: 4, Throttled: 1, Time: time.Microsecond},
		pressure: ofMachine,
	},
	{
		name: "version 2, a process that was moved out of its namespace",
		files: tree{
			"proc/self/cgroup": "0::/../other\n", "proc/self/mountinfo": mountsV2,
			"sys/fs/cgroup/cpu.stat":    statV2("nr_periods 4\nnr_throttled 1\nthrottled_usec 1\n"),
			"sys/fs/cgroup/cgroup.type": "domain\n", "sys/fs/cgroup/cpu.pressure": groupPressure,
		},
		pressure: ofMachine,
	},
	{
		name: "version 2, mounted from above the namespace, with the process there too",
		files: tree{
			"proc/self/cgroup":         "0::/../b\n",
			"proc/self/mountinfo":      "31 24 0:27 /.. /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
			"sys/fs/cgroup/b/cpu.stat": statV2("nr_periods 4\nnr_throttled 1\nthrottled_usec 1\n"),
		},
		throttle: detectors.Throttle{Version: 2, Periods: 4, Throttled: 1, Time: time.Microsecond},
		pressure: ofMachine,
	},
	{
		name: "version 2, mounted from above the namespace: the way down is not told",
		files: tree{
			"proc/self/cgroup":       "0::/\n",
			"proc/self/mountinfo":    "31 24 0:27 /../.. /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
			"sys/fs/cgroup/cpu.stat": statV2("nr_periods 4\nnr_throttled 1\nthrottled_usec 1\n"),
		},
		pressure: ofMachine,
	},
	{
		name: "version 2, mounted twice: the upper root shows more",
		files: tree{
			"proc/self/cgroup": "0::/a/b\n",
			"proc/self/mountinfo": "1 1 0:27 /a/b /own rw - cgroup2 cgroup2 rw\n" +
				"2 1 0:27 / /all rw - cgroup2 cgroup2 rw\n" +
				"3 1 0:27 /a /middle rw - cgroup2 cgroup2 rw\n" +
				"4 1 0:27 /c /other rw - cgroup2 cgroup2 rw\n",
			"own/cpu.stat":     statV2("nr_periods 1\nnr_throttled 1\nthrottled_usec 1\n"),
			"all/a/b/cpu.stat": statV2("nr_periods 1\nnr_throttled 1\nthrottled_usec 1\n"),
			"all/a/cpu.stat":   statV2("nr_periods 5\nnr_throttled 5\nthrottled_usec 5\n"),
		},
		throttle: detectors.Throttle{Version: 2, Periods: 5, Throttled: 5, Time: 5 * time.Microsecond},
		pressure: ofMachine,
	},
	{
		name: "version 2, mounted at a path with a space, with a name that begins alike",
		files: tree{
			"proc/self/cgroup": "0::/shop2\n",
			"proc/self/mountinfo": `1 1 0:27 /shop /wrong rw - cgroup2 cgroup2 rw` + "\n" +
				`2 1 0:27 / /my\040groups\134x rw - cgroup2 cgroup2 rw` + "\n",
			`my groups\x/shop2/cpu.stat`: statV2("nr_periods 5\nnr_throttled 5\nthrottled_usec 5\n"),
		},
		throttle: detectors.Throttle{Version: 2, Periods: 5, Throttled: 5, Time: 5 * time.Microsecond},
		pressure: ofMachine,
	},
	{
		name: "version 1",
		files: tree{
			"proc/self/cgroup":                                       "11:cpuset:/\n4:cpu,cpuacct:/user.slice\n1:name=systemd:/user.slice/x\n",
			"proc/self/mountinfo":                                    mountsV1,
			"sys/fs/cgroup/cpu,cpuacct/user.slice/cpu.stat":          statV1("nr_periods 20\nnr_throttled 5\nthrottled_time 123456789\n"),
			"sys/fs/cgroup/cpu,cpuacct/user.slice/cpu.cfs_quota_us":  "50000\n",
			"sys/fs/cgroup/cpu,cpuacct/user.slice/cpu.cfs_period_us": "100000\n",
			"sys/fs/cgroup/cpu,cpuacct/cpu.stat":                     statV1("nr_periods 0\nnr_throttled 0\nthrottled_time 0\n"),
			"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us":             "-1\n",
			"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us":            "100000\n",
		},
		throttle: detectors.Throttle{Version: 1, Periods: 20, Throttled: 5, Time: 123456789, Quota: 0.5},
		pressure: ofMachine,
	},
	{
		name: "version 1, in a container without a namespace: the mount is the container's group",
		files: tree{
			"proc/self/cgroup": "4:cpuacct,cpu:/docker/0123/sub\n",
			"proc/self/mountinfo": mountsBefore +
				"33 31 0:30 /docker/0123 /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpuacct,cpu\n",
			"sys/fs/cgroup/cpu/sub/cpu.stat":          statV1("nr_periods 20\nnr_throttled 5\nthrottled_time 6\n"),
			"sys/fs/cgroup/cpu/sub/cpu.cfs_quota_us":  "-1\n",
			"sys/fs/cgroup/cpu/sub/cpu.cfs_period_us": "100000\n",
			"sys/fs/cgroup/cpu/cpu.stat":              statV1("nr_periods 20\nnr_throttled 5\nthrottled_time 7\n"),
			"sys/fs/cgroup/cpu/cpu.cfs_quota_us":      "300000\n",
			"sys/fs/cgroup/cpu/cpu.cfs_period_us":     "100000\n",
		},
		throttle: detectors.Throttle{Version: 1, Periods: 20, Throttled: 5, Time: 7, Quota: 3},
		pressure: ofMachine,
	},
	{
		name: "both, with the cpu controller in version 1 and the pressure in version 2",
		files: tree{
			"proc/self/cgroup":                       "4:cpu,cpuacct:/s\n1:name=systemd:/s\n0::/s/t\n",
			"proc/self/mountinfo":                    mountsHybrid,
			"sys/fs/cgroup/cpu,cpuacct/s/cpu.stat":   statV1("nr_periods 20\nnr_throttled 5\nthrottled_time 123456789\n"),
			"sys/fs/cgroup/unified/s/t/cgroup.type":  "domain\n",
			"sys/fs/cgroup/unified/s/t/cpu.pressure": groupPressure,
			"sys/fs/cgroup/unified/s/t/cpu.stat":     statV2("nr_periods 1\nnr_throttled 1\nthrottled_usec 1\n"),
		},
		throttle: detectors.Throttle{Version: 1, Periods: 20, Throttled: 5, Time: 123456789},
		pressure: ofGroup,
	},
	{
		name: "both, with the cpu controller in version 2",
		files: tree{
			"proc/self/cgroup": "1:name=systemd:/s\n0::/s\n",
			"proc/self/mountinfo": mountsBefore +
				"34 31 0:31 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n" +
				"35 31 0:32 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
			"sys/fs/cgroup/unified/s/cpu.stat": statV2("nr_periods 3\nnr_throttled 2\nthrottled_usec 1\n"),
		},
		throttle: detectors.Throttle{Version: 2, Periods: 3, Throttled: 2, Time: time.Microsecond},
		pressure: ofMachine,
	},
	{
		name:     "groups that are not mounted",
		files:    tree{"proc/self/cgroup": "4:cpu:/x\n0::/y\n", "proc/self/mountinfo": mountsBefore},
		pressure: ofMachine,
	},
	{
		name:     "a kernel without groups",
		files:    tree{"proc/self/cgroup": "", "proc/self/mountinfo": mountsBefore},
		pressure: ofMachine,
	},
}

func TestGroups(t *testing.T) {
	for _, c := range groups {
		t.Run(c.name, func(t *testing.T) {
			h := host.New(machine.with(c.files).root(t))
			for range 3 { // the kernel's counters stand still here
				r := h.Read()
				require.True(t, r.CPU.Known)
				require.Positive(t, r.CPU.Value)
				r.CPU = detectors.Counter[time.Duration]{}
				require.Equal(t, detectors.Reading{
					Throttle:    c.throttle,
					Pressure:    c.pressure,
					RunDelay:    detectors.Count(3500 * time.Nanosecond),
					Steal:       detectors.Count(170 * time.Millisecond),
					ClockSource: "kvm-clock",
				}, r)
			}
		})
	}
}

// nested are two groups with a limit each.
var nested = machine.with(tree{
	"proc/self/cgroup": "0::/pod/c\n", "proc/self/mountinfo": mountsV2,
	"sys/fs/cgroup/pod/cpu.stat":   statV2("nr_periods 100\nnr_throttled 50\nthrottled_usec 5000\n"),
	"sys/fs/cgroup/pod/c/cpu.stat": statV2("nr_periods 10\nnr_throttled 2\nthrottled_usec 300\n"),
})

// Whichever group was held back the longest in between, the difference of two readings is its
// own.
func TestWorstGroup(t *testing.T) {
	root := nested.root(t)
	h := host.New(root)
	last := h.Read().Throttle
	step := func(pod, c string) detectors.Throttle {
		tree{
			"sys/fs/cgroup/pod/cpu.stat":   statV2(pod),
			"sys/fs/cgroup/pod/c/cpu.stat": statV2(c),
		}.write(t, root)
		now := h.Read().Throttle
		since := now.Since(last)
		last = now
		return since
	}
	require.Equal(t,
		detectors.Throttle{Version: 2, Periods: 10, Throttled: 4, Time: 700 * time.Microsecond},
		step("nr_periods 110\nnr_throttled 51\nthrottled_usec 5100\n", "nr_periods 20\nnr_throttled 6\nthrottled_usec 1000\n"),
		"the inner one")
	require.Equal(t,
		detectors.Throttle{Version: 2, Periods: 10, Throttled: 9, Time: 900 * time.Microsecond},
		step("nr_periods 120\nnr_throttled 60\nthrottled_usec 6000\n", "nr_periods 30\nnr_throttled 6\nthrottled_usec 1000\n"),
		"the outer one")
	require.Equal(t, detectors.Throttle{Version: 2, Periods: 10},
		step("nr_periods 130\nnr_throttled 60\nthrottled_usec 6000\n", "nr_periods 40\nnr_throttled 6\nthrottled_usec 1000\n"),
		"none was held back")
	require.Equal(t, detectors.Throttle{Version: 2, Periods: 7},
		step("nr_periods 137\nnr_throttled 60\nthrottled_usec 6000\n", "nr_periods 40\nnr_throttled 6\nthrottled_usec 1000\n"),
		"only the outer one has a limit")
	require.Equal(t, detectors.Throttle{Version: 2, Periods: 1, Throttled: 1, Time: time.Microsecond},
		step("nr_periods 0\nnr_throttled 0\nthrottled_usec 0\n", "nr_periods 41\nnr_throttled 7\nthrottled_usec 1001\n"),
		"a group that counts anew says nothing")
	require.Equal(t, detectors.Throttle{Version: 2, Periods: 3, Throttled: 2, Time: 9 * time.Microsecond},
		step("nr_periods 3\nnr_throttled 2\nthrottled_usec 9\n", "x"),
		"a group that cannot be read says nothing")
}

// What another group had counted before the process came to it is not the process's.
func TestMovedProcess(t *testing.T) {
	root := nested.with(tree{
		"sys/fs/cgroup/other/cpu.stat": statV2("nr_periods 9000\nnr_throttled 8000\nthrottled_usec 7000\n"),
		"sys/fs/cgroup/other/cpu.max":  "100000 100000\n", "sys/fs/cgroup/other/cgroup.type": "domain\n",
		"sys/fs/cgroup/other/cpu.pressure": "some total=900\n",
		"sys/fs/cgroup/pod/c/cgroup.type":  "domain\n", "sys/fs/cgroup/pod/c/cpu.pressure": "some total=70\n",
	}).root(t)
	h := host.New(root)
	first := h.Read()
	require.Equal(t, 70*time.Microsecond, first.Pressure.Stalled.Value)

	tree{"proc/self/cgroup": "0::/other\n"}.write(t, root)
	second := h.Read()
	require.Equal(t, detectors.Throttle{Version: 2, Quota: 1}, second.Throttle.Since(first.Throttle))
	require.Equal(t, detectors.Count[time.Duration](0), second.Pressure.Since(first.Pressure).Stalled)

	tree{
		"sys/fs/cgroup/other/cpu.stat":     statV2("nr_periods 9010\nnr_throttled 8001\nthrottled_usec 7002\n"),
		"sys/fs/cgroup/other/cpu.pressure": "some total=930\n",
	}.write(t, root)
	third := h.Read()
	require.Equal(t, detectors.Throttle{Version: 2, Periods: 10, Throttled: 1, Time: 2 * time.Microsecond, Quota: 1},
		third.Throttle.Since(second.Throttle))
	require.Equal(t, 30*time.Microsecond, third.Pressure.Since(second.Pressure).Stalled.Value)

	// For a moment nothing can be read. Nothing that was counted meanwhile is lost.
	require.NoError(t, os.Rename(filepath.Join(root, "proc"), filepath.Join(root, "away")))
	require.NoError(t, os.Rename(filepath.Join(root, "sys"), filepath.Join(root, "far")))
	none := h.Read()
	require.False(t, none.Throttle.Known())
	require.False(t, none.Pressure.Stalled.Known)
	require.False(t, none.RunDelay.Known)
	require.False(t, none.Steal.Known)
	require.Empty(t, none.ClockSource)
	require.NoError(t, os.Rename(filepath.Join(root, "away"), filepath.Join(root, "proc")))
	require.NoError(t, os.Rename(filepath.Join(root, "far"), filepath.Join(root, "sys")))
	tree{"sys/fs/cgroup/other/cpu.stat": statV2("nr_periods 9011\nnr_throttled 8002\nthrottled_usec 7003\n")}.write(t, root)
	require.Equal(t, detectors.Throttle{Version: 2, Periods: 1, Throttled: 1, Time: time.Microsecond, Quota: 1},
		h.Read().Throttle.Since(third.Throttle))
}

func TestLimits(t *testing.T) {
	for text, want := range map[string]float64{
		"max 100000\n": 0, "max\n": 0, "": 0, "x\n": 0, "100000\n": 0, "100000 0\n": 0, "100000 x\n": 0, "-1 100000\n": 0,
		"1000 100000\n": 0.01, "150000 100000\n": 1.5, "150000 100000": 1.5, "400000 50000 7\n": 8,
		"18446744073709551615 1\n": 0, "99999999999999999999 100000\n": 0,
	} {
		root := machine.with(groups[0].files).with(tree{"sys/fs/cgroup/cpu.max": text}).root(t)
		require.Equal(t, want, host.New(root).Read().Throttle.Quota, "%q", text)
	}
}

func TestThreads(t *testing.T) {
	root := machine.root(t)
	h := host.New(root)
	delay := func() int64 {
		c := h.Read().RunDelay
		require.True(t, c.Known)
		return c.Value.Nanoseconds()
	}
	require.EqualValues(t, 3500, delay())

	tree{"proc/self/task/9/schedstat": "10 900 3\n", "proc/self/task/11/schedstat": "1 30 1\n"}.write(t, root)
	require.EqualValues(t, 3930, delay(), "one waited, one is new")

	require.NoError(t, os.RemoveAll(filepath.Join(root, "proc/self/task/9")))
	require.EqualValues(t, 3930, delay(), "one ended")

	tree{"proc/self/task/9/schedstat": "1 100 3\n", "proc/self/task/11/schedstat": "1 5 1\n"}.write(t, root)
	require.EqualValues(t, 4035, delay(), "others with their numbers")

	tree{"proc/self/task/7/schedstat": "0 3000 0\n", "proc/self/task/9/schedstat": "0 100 0\n", "proc/self/task/11/schedstat": "0 5 0\n"}.write(t, root)
	require.False(t, h.Read().RunDelay.Known, "none ever ran: a sandbox that fakes")
	tree{"proc/self/task/7/schedstat": "1 3001 0\n"}.write(t, root)
	require.EqualValues(t, 4036, delay())

	for i := range limits.ThreadsRead - 3 {
		tree{fmt.Sprintf("proc/self/task/%d/schedstat", 1000+i): "1 1 1\n"}.write(t, root)
	}
	require.EqualValues(t, 4036+limits.ThreadsRead-3, delay(), "as many as are read")
	tree{"proc/self/task/99/schedstat": "1 1 1\n"}.write(t, root)
	require.False(t, h.Read().RunDelay.Known, "too many")
	require.NoError(t, os.RemoveAll(filepath.Join(root, "proc/self/task/1000")))
	require.EqualValues(t, 4036+limits.ThreadsRead-2, delay(), "as many again, another one among them")
}

func TestSteal(t *testing.T) {
	for text, want := range map[string]detectors.Counter[time.Duration]{
		"cpu  1 2 3 4 5 6 7 8 9 10\n":               detectors.Count(80 * time.Millisecond),
		"cpu 1 2 3 4 5 6 7 8":                       detectors.Count(80 * time.Millisecond),
		"cpu  1 2 3 4 5 6 7 0 0 0\n":                detectors.Count(time.Duration(0)),
		"cpu  0 0 0 0 0 0 0 0 0 0\n":                {}, // a sandbox
		"cpu  1 2 3 4 5 6 7\n":                      {}, // an old kernel
		"cpu0 1 2 3 4 5 6 7 8\n":                    {},
		"cpu  1 2 3 4 5 6 7 x\n":                    {},
		"cpu  1 2 3 4 5 6 7 18446744073709551615\n": {},
		"": {},
	} {
		require.Equal(t, want, host.New(tree{"proc/stat": text}.root(t)).Read().Steal, "%q", text)
	}
}

func TestClockSource(t *testing.T) {
	const name = "sys/devices/system/clocksource/clocksource0/current_clocksource"
	for text, want := range map[string]string{
		"tsc\n": "tsc", "hyperv_clocksource_tsc_page\n": "hyperv_clocksource_tsc_page", "tsc": "tsc",
		"": "", "\n": "", "a b\n": "", "a\x00\n": "", "\xff\n": "",
		strings.Repeat("x", limits.ClockSourceBytes) + "\n":   strings.Repeat("x", limits.ClockSourceBytes),
		strings.Repeat("x", limits.ClockSourceBytes+1) + "\n": "",
	} {
		require.Equal(t, want, host.New(tree{name: text}.root(t)).Read().ClockSource, "%q", text)
	}
}

func TestNothingThere(t *testing.T) {
	h := host.New(filepath.Join(t.TempDir(), "none"))
	for range 2 {
		r := h.Read()
		r.CPU = detectors.Counter[time.Duration]{}
		require.Equal(t, detectors.Reading{}, r)
	}
}

// everything is a machine of which all files are read.
func everything() tree {
	return machine.with(groups[0].files).with(tree{
		"sys/fs/cgroup/cpu.cfs_quota_us": "1\n", "sys/fs/cgroup/cpu.cfs_period_us": "1\n",
	})
}

// check holds what is true of every reading.
func check(t *testing.T, r detectors.Reading) {
	t.Helper()
	for _, d := range []time.Duration{
		r.CPU.Value, r.Throttle.Time, r.Pressure.Stalled.Value, r.RunDelay.Value, r.Steal.Value,
	} {
		require.GreaterOrEqual(t, d, time.Duration(0))
		require.LessOrEqual(t, d, time.Duration(limits.Nanoseconds))
	}
	require.GreaterOrEqual(t, r.Throttle.Quota, 0.)
	require.LessOrEqual(t, r.Throttle.Quota, float64(limits.Procs))
	require.LessOrEqual(t, len(r.ClockSource), limits.ClockSourceBytes)
}

// Each file in turn, and all of them, are something else than they should be.
func TestBrokenFiles(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	binary := make([]byte, 100_000)
	for i := range binary {
		binary[i] = byte(rng.Uint32())
	}
	put := func(data []byte) func(t *testing.T, name string) {
		return func(t *testing.T, name string) { require.NoError(t, os.WriteFile(name, data, 0o644)) }
	}
	for how, breakIt := range map[string]func(t *testing.T, name string){
		"empty":    put(nil),
		"binary":   put(binary),
		"huge":     put(bytes.Repeat([]byte("nr_periods 1 "), 1<<20)),
		"numbers":  put(bytes.Repeat([]byte("9"), 1<<20)),
		"lines":    put(bytes.Repeat([]byte("\n"), 1<<20)),
		"colons":   put(bytes.Repeat([]byte("::/\n"), 1<<18)),
		"endless":  func(t *testing.T, name string) { require.NoError(t, os.Symlink("/dev/zero", name)) },
		"circular": func(t *testing.T, name string) { require.NoError(t, os.Symlink(name, name)) },
		"pipe":     func(t *testing.T, name string) { require.NoError(t, syscall.Mkfifo(name, 0o644)) },
		"folder":   func(t *testing.T, name string) { require.NoError(t, os.Mkdir(name, 0o755)) },
	} {
		t.Run(how, func(t *testing.T) {
			files := everything()
			all := files.root(t)
			h := host.New(all)
			for name := range files {
				one := files.root(t)
				for _, root := range []string{one, all} {
					name := filepath.Join(root, name)
					require.NoError(t, os.Remove(name))
					breakIt(t, name)
				}
				begun := host.New(one)
				check(t, begun.Read())
				check(t, begun.Read())
				check(t, h.Read())
			}
			r := host.New(all).Read()
			require.False(t, r.Throttle.Known())
			require.False(t, r.Pressure.Stalled.Known)
			require.False(t, r.RunDelay.Known)
			require.False(t, r.Steal.Known)
		})
	}
}

// A file that is longer than what is read of it is read as far as its lines are whole.
func TestCutFile(t *testing.T) {
	filler := strings.Repeat("x 1\n", limits.HostFileBytes/4-12)
	root := everything().with(tree{
		"sys/fs/cgroup/cpu.stat": "nr_periods 118\nnr_throttled 7\n" + filler + "throttled_usec 93000\n",
	}).root(t)
	data, err := os.ReadFile(filepath.Join(root, "sys/fs/cgroup/cpu.stat"))
	require.NoError(t, err)
	require.Greater(t, len(data), limits.HostFileBytes)
	require.Contains(t, string(data[:limits.HostFileBytes]), "throttled_usec 9", "the number is cut")
	require.False(t, host.New(root).Read().Throttle.Known())
}

// The process's groups are found behind thousands of mounts.
func TestManyMounts(t *testing.T) {
	many := strings.Repeat("40 22 0:50 / /var/lib/kubelet/pods/0123456789abcdef/volumes rw,relatime shared:77 - tmpfs tmpfs rw\n", 10_000)
	root := everything().with(tree{"proc/self/mountinfo": many + mountsV2}).root(t)
	require.Equal(t, groups[0].throttle, host.New(root).Read().Throttle)
}

// More groups around the process than are asked: its own and the nearest are.
func TestDeepGroup(t *testing.T) {
	deep := strings.Repeat("/g", 1000)
	root := machine.with(tree{
		"proc/self/cgroup": "0::" + deep + "\n", "proc/self/mountinfo": mountsV2,
		"sys/fs/cgroup" + deep + "/cpu.stat": statV2("nr_periods 3\nnr_throttled 2\nthrottled_usec 1\n"),
		"sys/fs/cgroup/g/cpu.stat":           statV2("nr_periods 3\nnr_throttled 2\nthrottled_usec 1000\n"),
	}).root(t)
	require.Equal(t, time.Microsecond, host.New(root).Read().Throttle.Time)
}

// What the machine that this runs on has, it has also by another root that leads to it.
func TestThisMachine(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.Symlink("/proc", filepath.Join(root, "proc")))
	require.NoError(t, os.Symlink("/sys", filepath.Join(root, "sys")))
	h, other := host.New("/"), host.New(root)
	a, b := h.Read(), other.Read()
	t.Logf("%+v", a)
	check(t, a)
	require.Equal(t, a.ClockSource, b.ClockSource)
	require.Equal(t, a.Throttle.Version, b.Throttle.Version)
	require.Equal(t, a.Throttle.Quota, b.Throttle.Quota)
	require.Equal(t, a.Steal.Known, b.Steal.Known)
	require.Equal(t, a.RunDelay.Known, b.RunDelay.Known)
	require.Equal(t, a.Pressure.Stalled.Known, b.Pressure.Stalled.Known)
	require.Equal(t, a.Pressure.Machine, b.Pressure.Machine)
	if name, err := os.ReadFile("/sys/devices/system/clocksource/clocksource0/current_clocksource"); err == nil {
		require.Equal(t, strings.TrimSpace(string(name)), a.ClockSource)
	}
	require.GreaterOrEqual(t, b.Pressure.Stalled.Value, a.Pressure.Stalled.Value)
	require.GreaterOrEqual(t, b.Steal.Value, a.Steal.Value)
}

func TestConcurrentReaders(t *testing.T) {
	h := host.New(everything().root(t))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				if r := h.Read(); r.Throttle != groups[0].throttle {
					t.Errorf("read %+v", r.Throttle)
				}
			}
		})
	}
	wg.Wait()
}
