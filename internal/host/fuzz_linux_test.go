package host

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/limits"
)

// FuzzFiles reads any bytes as each of the kernel's files.
func FuzzFiles(f *testing.F) {
	for _, text := range []string{
		"4:cpu,cpuacct:/a/b\n0::/c\n",
		"31 24 0:27 / /sys/fs/my\\040groups rw - cgroup2 cgroup2 rw\n33 31 0:30 /a /v1 ro - cgroup cgroup rw,cpu,cpuacct\n",
		"31 24 0:27 /../.. /sys rw shared:4 - cgroup2 cgroup2 rw\n",
		"nr_periods 118\nnr_throttled 7\nthrottled_usec 93000\n",
		"nr_periods 118\nnr_throttled 7\nthrottled_time 93000\n",
		"some avg10=0.01 avg60=0.23 avg300=0.47 total=5000000\n",
		"cpu  100 0 50 10000 20 0 3 17 0 0\n",
		"1000000 3000 12\n",
		"kvm-clock\n",
	} {
		f.Add([]byte(text), "/a/b")
	}
	f.Fuzz(func(t *testing.T, text []byte, group string) {
		m := membershipOf(text)
		for _, path := range []string{m.legacy, m.unified} {
			require.True(t, path == "" || path[0] == '/')
		}
		for _, m := range []membership{m, {group, group}} {
			g := newGroups("/machine")
			legacy, unified := mountsOf(text, m)
			for at, group := range map[mount]string{legacy: m.legacy, unified: m.unified} {
				if !at.found {
					continue
				}
				dirs := g.dirs(at, group)
				require.NotEmpty(t, dirs)
				require.LessOrEqual(t, len(dirs), limits.CgroupLevels)
				for _, dir := range dirs {
					require.True(t, dir == "/machine" || strings.HasPrefix(dir, "/machine/"), dir)
				}
			}
		}
		for version := 1; version <= 2; version++ {
			stat := throttle{version: version}
			if c, ok := stat.counters(text); ok {
				inBounds(t, c.Time)
			}
		}
		if d, ok := stalled(text); ok {
			inBounds(t, d)
		}
		if run, delay, ok := schedstat(text); ok {
			inBounds(t, run)
			inBounds(t, delay)
		}
		inBounds(t, steal(text).Value)
		require.LessOrEqual(t, len(clockSource(text)), limits.ClockSourceBytes)
	})
}

func inBounds(t *testing.T, d time.Duration) {
	t.Helper()
	require.GreaterOrEqual(t, d, time.Duration(0))
	require.LessOrEqual(t, d, time.Duration(limits.Nanoseconds))
}
