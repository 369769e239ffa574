package shop

import (
	"context"
	"io"
	"net/http"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

func TestStopLeavesNothing(t *testing.T) {
	for _, f := range append([]Fault{None}, Faults()...) {
		t.Run(string(f), func(t *testing.T) {
			leaktest.Check(t, leaktest.Grace(5*time.Second)) // connections of net/http close a moment after they are told to
			s, err := Start(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(200 * time.Millisecond)
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
			if err := s.Stop(); err != nil {
				t.Errorf("second Stop: %v", err)
			}
			if n, _, _ := s.Requests(); n == 0 {
				t.Error("no request was answered")
			}
		})
	}
}

func TestStartFollowsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, err := Start(ctx, None)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	cancel()
	s.load.workers.Wait()
	resp, err := http.Get(s.URL() + "/item?id=1")
	if err != nil {
		t.Fatalf("the service must answer until Stop: %v", err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || !strings.Contains(string(body), `"id":"1"`) {
		t.Errorf("got %q, %v", body, err)
	}
}

func TestGCPercentIsRestored(t *testing.T) {
	before := debug.SetGCPercent(150)
	defer debug.SetGCPercent(before)
	s, err := Start(t.Context(), GCAssist)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if got := debug.SetGCPercent(150); got != 150 {
		t.Errorf("GC percentage is %d after Stop, want 150", got)
	}
}

func TestBreakOnce(t *testing.T) {
	s, err := Start(t.Context(), None)
	if err != nil {
		t.Fatal(err)
	}
	if s.Break("sloth", scenario.Mild) == nil || s.Break(Leak, "awful") == nil {
		t.Error("what does not exist began")
	}
	if err := s.Break(Leak, scenario.Mild); err != nil {
		t.Error(err)
	}
	if s.Break(Sched, scenario.Mild) == nil {
		t.Error("a second fault began")
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	s, err = Start(t.Context(), None)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if s.Break(Leak, scenario.Mild) == nil {
		t.Error("a fault began after Stop")
	}
}

func TestFaultNames(t *testing.T) {
	if _, err := Start(t.Context(), "sloth"); err == nil {
		t.Error("an unknown fault was started")
	}
	for _, f := range Faults() {
		if f.Doc() == "" || !strings.HasPrefix(f.Site(), sitePrefix) {
			t.Errorf("%s: doc %q, site %q", f, f.Doc(), f.Site())
		}
	}
	if None.Doc() == "" || None.Site() != "" {
		t.Errorf("none: doc %q, site %q", None.Doc(), None.Site())
	}
}

func TestHistogram(t *testing.T) {
	var h histogram
	if n, p50, p99 := h.summary(); n != 0 || p50 != 0 || p99 != 0 {
		t.Errorf("empty: %d %v %v", n, p50, p99)
	}
	for i := range 100 {
		h.add(time.Duration(i+1) * time.Millisecond)
	}
	n, p50, p99 := h.summary()
	if n != 100 || !near(p50, 50*time.Millisecond) || !near(p99, 99*time.Millisecond) {
		t.Errorf("got %d %v %v, want 100, about 50ms, about 99ms", n, p50, p99)
	}
}

func near(got, want time.Duration) bool {
	return got >= want && float64(got) <= float64(want)*growth*1.001
}
