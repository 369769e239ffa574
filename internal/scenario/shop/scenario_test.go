package shop

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// A symptom is what a measurement shows of a fault, and healthy what it must not show without it.
// Both return what is missing or too much, or "". The limits are far apart, because machines that
// run tests are noisy.
var signatures = []struct {
	fault            Fault
	symptom, healthy func(m *measurement) string
}{
	{
		Sched,
		func(m *measurement) string {
			p99 := quantileOf(m.delays, 0.99)
			return unless(p99 > 20*time.Millisecond && m.created[Sched.Site()] > 100,
				"scheduling delay p99 %v, %d goroutines at site", p99, m.created[Sched.Site()])
		},
		func(m *measurement) string {
			p99 := quantileOf(m.delays, 0.99)
			return unless(p99 < 10*time.Millisecond, "scheduling delay p99 %v", p99)
		},
	},
	{
		GCAssist,
		func(m *measurement) string {
			p99 := quantileOf(m.assists, 0.99)
			return unless(p99 > 15*time.Millisecond && len(m.assistsAtSite) > 20 && m.assistR > 0.5,
				"assist p99 %v, r %.2f, %d at site", p99, m.assistR, len(m.assistsAtSite))
		},
		func(m *measurement) string {
			long := over(m.assists, 15*time.Millisecond)
			return unless(m.perSecond(long) < 1, "%d assists over 15ms", long)
		},
	},
	{
		Netpoll,
		func(m *measurement) string {
			slow := over(m.inFlight, 150*time.Millisecond)
			return unless(m.perSecond(slow) > 20, "%d queries waited 150ms", slow)
		},
		func(m *measurement) string {
			slow := over(m.inFlight, 50*time.Millisecond)
			return unless(m.perSecond(slow) < 2, "%d queries waited 50ms", slow)
		},
	},
	{
		Preempt,
		func(m *measurement) string {
			long := over(m.runsAtSite, 30*time.Millisecond)
			return unless(m.perSecond(long) > 1, "%d long runs at site", long)
		},
		func(m *measurement) string {
			long := over(m.runs, 30*time.Millisecond)
			return unless(m.perSecond(long) < 1, "%d runs over 30ms, the longest %s", long, m.longestRun)
		},
	},
	{
		Leak,
		func(m *measurement) string {
			n := m.alive(Leak.Site() + ".func1")
			return unless(m.perSecond(n) > 3.5, "%d goroutines leaked", n)
		},
		func(m *measurement) string {
			for start := range m.created {
				if n := m.alive(start); m.perSecond(n) > 5 {
					return fmt.Sprintf("%d goroutines of %s did not end", n, start)
				}
			}
			return ""
		},
	},
}

func unless(ok bool, format string, args ...any) string {
	if ok {
		return ""
	}
	return fmt.Sprintf(format, args...)
}

// A mild fault begins in a service that was healthy, a severe one with it.
func TestFaultsShow(t *testing.T) {
	for _, sig := range signatures {
		t.Run(string(sig.fault)+"/mild", func(t *testing.T) {
			s, err := Start(t.Context(), None)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Break(sig.fault, scenario.Mild); err != nil {
				t.Error(err)
			}
			expect(t, s, sig.symptom)
		})
		t.Run(string(sig.fault)+"/severe", func(t *testing.T) {
			s, err := Start(t.Context(), sig.fault)
			if err != nil {
				t.Fatal(err)
			}
			expect(t, s, sig.symptom)
		})
	}
}

func TestHealthyShowsNothing(t *testing.T) {
	s, err := Start(t.Context(), None)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, s, func(m *measurement) string {
		var found []string
		for _, sig := range signatures {
			if s := sig.healthy(m); s != "" {
				found = append(found, s)
			}
		}
		return strings.Join(found, "; ")
	})
}

// expect checks a recording of a service and stops it. It takes up to three recordings, because
// whatever else runs on the machine can hide a fault or look like one.
func expect(t *testing.T, s *Service, check func(m *measurement) string) {
	t.Helper()
	defer func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	}()
	period := 3 * time.Second
	if testing.Short() {
		period = 2 * time.Second
	}
	time.Sleep(500 * time.Millisecond) // every worker has sent its first request
	for try := 1; ; try++ {
		m := measure(t, capture(t, period))
		n, p50, p99 := s.Requests()
		t.Logf("%d requests, p50=%v p99=%v\n%v", n, p50, p99, m)
		problem := check(m)
		if problem == "" {
			return
		}
		if try == 3 {
			t.Fatal(problem)
		}
		t.Logf("again, because: %s", problem)
	}
}
