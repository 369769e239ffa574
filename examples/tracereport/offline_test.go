package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gotracewatch/tracewatch/internal/wording"
	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
	"github.com/stretchr/testify/require"
)

// BenchmarkOffline compares tracereport with go tool trace -pprof=sched, process against
// process, on one trace: a busy HTTP service's, recorded here, of 25 MB or five million
// events. They take turns, so that a machine's moods meet both alike; what is reported is
// each one's median, and how many times less time and memory ours takes without what
// goroutines did at each place, of which a profile has nothing either; with it, that is logged. Memory is the
// most that was resident at once, where the system says (Linux).
func BenchmarkOffline(b *testing.B) {
	const rounds = 5
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt) // so that the temporary files go
	defer stop()
	tool := traceTool(ctx, b)
	file := filepath.Join(b.TempDir(), "service.trace")
	measure(ctx, b, roleRecord, os.Args[0], file)
	info, err := os.Stat(file)
	require.NoError(b, err)
	for b.Loop() {
		var theirs, ours, whole []cost
		for range rounds {
			ours = append(ours, measure(ctx, b, roleReport, os.Args[0], "-json", "-places=false", file))
			whole = append(whole, measure(ctx, b, roleReport, os.Args[0], "-json", file))
			theirs = append(theirs, measure(ctx, b, "", tool, "-pprof=sched", file))
		}
		t, o := median(theirs), median(ours)
		b.Logf("%.1f MB of trace, %d rounds in turns", float64(info.Size())/1e6, rounds)
		b.Logf("go tool trace -pprof=sched  %s", costs(theirs))
		b.Logf("tracereport -places=false   %s", costs(ours))
		b.Logf("tracereport                 %s", costs(whole))
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(t.time.Seconds(), "tool-s")
		b.ReportMetric(o.time.Seconds(), "ours-s")
		b.ReportMetric(t.time.Seconds()/o.time.Seconds(), "x-faster")
		if o.memory > 0 {
			b.ReportMetric(float64(t.memory)/1e6, "tool-MB")
			b.ReportMetric(float64(o.memory)/1e6, "ours-MB")
			b.ReportMetric(float64(t.memory)/float64(o.memory), "x-less-memory")
		}
	}
}

// traceTool returns the path of the trace tool itself: the go command in front of it would
// be measured too.
func traceTool(ctx context.Context, b *testing.B) string {
	out, err := exec.CommandContext(ctx, "go", "tool", "-n", "trace").Output()
	if err != nil {
		b.Skipf("there is no go tool trace to compare with: %v", err)
	}
	return strings.TrimSpace(string(out))
}

// cost is what a process took.
type cost struct {
	time   time.Duration
	memory int64 // bytes; 0 if the system does not say
}

// measure runs a program, or this one in a role, to its end. This process is to stay small
// itself: to Linux, a program begins with the memory of who starts it.
func measure(ctx context.Context, b *testing.B, role, program string, args ...string) cost {
	b.Helper()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	var says strings.Builder
	cmd.Stderr = &says
	begun := time.Now()
	err := cmd.Run()
	took := time.Since(begun)
	if ctx.Err() != nil {
		b.Fatal("interrupted")
	}
	if err != nil && (role != roleReport || cmd.ProcessState.ExitCode() != statusFound) {
		b.Fatalf("%s: %v\n%s", cmd, err, says.String())
	}
	return cost{took, peakMemory(cmd.ProcessState)}
}

// median returns the median time and the median memory.
func median(all []cost) cost {
	times := slices.SortedFunc(slices.Values(all), func(a, b cost) int { return cmp.Compare(a.time, b.time) })
	memories := slices.SortedFunc(slices.Values(all), func(a, b cost) int { return cmp.Compare(a.memory, b.memory) })
	return cost{times[len(all)/2].time, memories[len(all)/2].memory}
}

func costs(all []cost) string {
	var words []string
	for _, c := range all {
		word := wording.Duration(c.time)
		if c.memory > 0 {
			word += fmt.Sprintf(" in %d MB", c.memory/1e6)
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}

// The roles in which this test's program starts itself.
const (
	roleVariable = "TRACEREPORT_TEST_ROLE"
	roleReport   = "report" // tracereport
	roleRecord   = "record" // record a service into the file that the argument names
)

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case roleReport:
		main()
	case roleRecord:
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		if err := recordService(ctx, os.Args[1], 25_000_000); err != nil && !errors.Is(err, context.Canceled) {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	default:
		leaktest.Main(m)
	}
}
