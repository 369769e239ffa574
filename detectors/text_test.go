package detectors_test

import (
	"testing"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/detectors/detectortest"
)

// Traces in testdata say in their first lines what each is about, and what is expected.

func TestSchedDelayTexts(t *testing.T) {
	detectortest.Run(t, detectors.SchedDelay{}, "testdata/scheddelay/[^l]*.txt", "testdata/scheddelay/silence/*.txt")
	detectortest.Run(t, detectors.SchedDelay{LookBack: 10 * time.Second}, "testdata/scheddelay/long_gap_before_rest.txt")
}

func TestNetpollBlockTexts(t *testing.T) {
	detectortest.Run(t, detectors.NetpollBlock{}, "testdata/netpollblock/*.txt", "testdata/netpollblock/*/*.txt")
}

func TestPreemptRateTexts(t *testing.T) {
	detectortest.Run(t, detectors.Preemption{}, "testdata/preemptrate/silence/*.txt")
	detectortest.Run(t, detectors.Preemption{Delay: 4 * time.Millisecond}, "testdata/preemptrate/short_delay.txt")
}

func TestPreemptFailureTexts(t *testing.T) {
	detectortest.Run(t, detectors.Preemption{}, "testdata/preemptfailure/[^s]*.txt")
	detectortest.Run(t, detectors.Preemption{Run: 6 * time.Millisecond}, "testdata/preemptfailure/short_run.txt")
}

func TestGoroutineLeakTexts(t *testing.T) {
	detectortest.Run(t, detectors.GoroutineLeak{}, "testdata/goroutineleak/timers.txt", "testdata/goroutineleak/silence/*.txt")
	for range 10 { // maps have no order of their own
		detectortest.Run(t, detectors.GoroutineLeak{}, "testdata/goroutineleak/order.txt")
	}
}
