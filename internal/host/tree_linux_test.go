package host_test

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A tree is the files of a machine, by their paths from the root.
type tree map[string]string

// with returns a tree that has other files, too.
func (f tree) with(more tree) tree {
	f = maps.Clone(f)
	maps.Copy(f, more)
	return f
}

// write writes the files below a directory.
func (f tree) write(t testing.TB, root string) {
	t.Helper()
	for name, text := range f {
		name = filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
	}
}

// root writes the files below a new directory.
func (f tree) root(t testing.TB) string {
	t.Helper()
	root := t.TempDir()
	f.write(t, root)
	return root
}

// machine is what there is on every machine.
var machine = tree{
	"proc/stat":                  "cpu  100 0 50 10000 20 0 3 17 0 0\ncpu0 100 0 50 10000 20 0 3 17 0 0\nintr 12345 6 7\n",
	"proc/pressure/cpu":          "some avg10=0.01 avg60=0.23 avg300=0.47 total=5000000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n",
	"proc/self/task/7/schedstat": "1000000 3000 12\n",
	"proc/self/task/9/schedstat": "0 500 3\n",
	"sys/devices/system/clocksource/clocksource0/current_clocksource": "kvm-clock\n",
}

// The lines of /proc/self/mountinfo of a machine with cgroups of version 2, of version 1, and
// of both.
const (
	mountsBefore = "" +
		"22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n" +
		"23 22 0:21 / /proc rw,nosuid - proc proc rw\n" +
		"24 22 0:22 / /sys rw,nosuid shared:2 master:3 - sysfs sysfs rw\n"
	mountsV2 = mountsBefore +
		"31 24 0:27 / /sys/fs/cgroup rw,nosuid,nodev shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
	mountsV1 = mountsBefore +
		"31 24 0:28 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755\n" +
		"32 31 0:29 / /sys/fs/cgroup/cpuset rw,nosuid shared:9 - cgroup cgroup rw,cpuset\n" +
		"33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:10 - cgroup cgroup rw,cpu,cpuacct\n" +
		"34 31 0:31 / /sys/fs/cgroup/systemd rw,nosuid - cgroup cgroup rw,xattr,name=systemd\n"
	mountsHybrid = mountsV1 +
		"35 31 0:32 / /sys/fs/cgroup/unified rw,nosuid - cgroup2 cgroup2 rw\n"
)

// statV2 and statV1 are a cpu.stat as each version writes it.
func statV2(counters string) string {
	return "usage_usec 900\nuser_usec 600\nsystem_usec 300\ncore_sched.force_idle_usec 0\n" + counters + "nr_bursts 0\nburst_usec 0\n"
}

func statV1(counters string) string { return counters + "nr_bursts 0\nburst_time 0\n" }
