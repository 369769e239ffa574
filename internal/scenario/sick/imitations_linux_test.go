package sick

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// TestThrottled asks of the imitation that the process really stands still for the part of each
// period that it says, that the counters say so too, and that the process is left running.
func TestThrottled(t *testing.T) {
	for _, c := range []struct {
		sc       scenario.Scenario
		group    cgroup
		strength scenario.Strength
		frozen   time.Duration
	}{
		{throttledUnified(), unified(), scenario.Mild, 30 * time.Millisecond},
		{throttledSplit(), split(), scenario.Severe, 70 * time.Millisecond},
	} {
		t.Run(c.sc.Name, func(t *testing.T) {
			p, err := c.sc.Start(t.Context())
			require.NoError(t, err)
			stat := filepath.Join(c.sc.Watch.HostRoot, filepath.FromSlash(c.group.stat))
			t.Cleanup(func() {
				require.NoError(t, p.Stop())
				require.NoDirExists(t, c.sc.Watch.HostRoot)
				begin := time.Now()
				for time.Since(begin) < 300*time.Millisecond {
					now := time.Now()
					time.Sleep(time.Millisecond)
					require.Less(t, time.Since(now), 200*time.Millisecond, "still stopped now and then")
				}
			})
			r := record(t, 500*time.Millisecond)
			_, throttled, _ := counters(t, stat, c.group)
			t.Logf("healthy: silences %v", r.silences)
			require.Zero(t, throttled)
			require.Less(t, len(over(r.silences, c.frozen)), 3)

			require.NoError(t, p.Break(c.strength))
			time.Sleep(200 * time.Millisecond)
			periods, throttled, without := counters(t, stat, c.group)
			r = record(t, 1500*time.Millisecond)
			periods2, throttled2, without2 := counters(t, stat, c.group)
			stopped := over(r.silences, c.frozen-time.Millisecond)
			t.Logf("%s: %d silences in %v, P50 %v; %d periods, %d throttled, %v; %d kB/s", c.strength, len(stopped), r.elapsed,
				quantile(stopped, 0.5), periods2-periods, throttled2-throttled, without2-without, int(r.perSecond(r.bytes)/1e3))
			require.Greater(t, r.perSecond(len(stopped)), 4.0)
			require.Greater(t, throttled2-throttled, 5)
			require.Equal(t, periods2-periods, throttled2-throttled)
			require.Equal(t, c.frozen*time.Duration(throttled2-throttled), without2-without)
		})
	}
}

func over(all []time.Duration, least time.Duration) []time.Duration {
	var long []time.Duration
	for _, d := range all {
		if d >= least {
			long = append(long, d)
		}
	}
	return long
}

// counters reads a cpu.stat.
func counters(t *testing.T, path string, group cgroup) (periods, throttled int, without time.Duration) {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	var total int
	for _, line := range strings.Split(strings.TrimSpace(string(content)), "\n") {
		var name string
		var n int
		_, err := fmt.Sscan(line, &name, &n)
		require.NoError(t, err, line)
		switch name {
		case "nr_periods":
			periods = n
		case "nr_throttled":
			throttled = n
		case group.total:
			total = n
		}
	}
	return periods, throttled, time.Duration(total) * group.unit
}

// TestFreezeLetsGo kills the shell that stops a process at the worst moment, again and again, and
// asks that the process goes on all the same. It is another process that is stopped here.
func TestFreezeLetsGo(t *testing.T) {
	for range 3 {
		victim := exec.Command("sleep", "60")
		require.NoError(t, victim.Start())
		stat := filepath.Join(t.TempDir(), "cpu.stat")
		require.NoError(t, os.WriteFile(stat+".go", nil, 0o600))
		shell := exec.Command("sh", "-c", freezeScript, "sh", strconv.Itoa(victim.Process.Pid), stat, stat+".go", "0", "0.070", "0.030", "70000", "throttled_usec", "1")
		require.NoError(t, shell.Start())
		t.Cleanup(func() {
			victim.Process.Kill()
			victim.Wait()
			shell.Wait()
		})
		require.Eventually(t, func() bool { return state(t, victim.Process.Pid) == "T" }, 5*time.Second, time.Millisecond)
		require.NoError(t, syscall.Kill(firstChild(t, shell.Process.Pid), syscall.SIGKILL))
		require.Eventually(t, func() bool { return state(t, victim.Process.Pid) == "S" }, 5*time.Second, 10*time.Millisecond)
		time.Sleep(150 * time.Millisecond)
		require.Equal(t, "S", state(t, victim.Process.Pid))
	}
}

// process returns the state of a process and its parent.
func process(pid int) (state string, parent int, err error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", 0, err
	}
	_, rest, _ := strings.Cut(string(content), ") ") // behind the name
	_, err = fmt.Sscan(rest, &state, &parent)
	return state, parent, err
}

func state(t *testing.T, pid int) string {
	s, _, err := process(pid)
	require.NoError(t, err)
	return s
}

// firstChild returns the child of a shell that it started first.
func firstChild(t *testing.T, shell int) int {
	t.Helper()
	dirs, err := os.ReadDir("/proc")
	require.NoError(t, err)
	first := 0
	for _, d := range dirs {
		if pid, err := strconv.Atoi(d.Name()); err == nil {
			if _, parent, err := process(pid); err == nil && parent == shell && (first == 0 || pid < first) {
				first = pid
			}
		}
	}
	require.NotZero(t, first)
	return first
}
