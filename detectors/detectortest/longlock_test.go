package detectortest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/detectors/detectortest"
)

func TestLongLock(t *testing.T) { detectortest.Run(t, LongLock{}, "testdata/longlock*.txt") }

// LongLock is the detector that package detectors shows how to write.
type LongLock struct{}

func (LongLock) Spec() detectors.Spec {
	return detectors.Spec{
		Kind:    "long-lock",
		Doc:     "A goroutine waited more than a second for a lock.",
		Long:    detectors.Set(detectors.GoUnpark),
		AtLeast: time.Second,
	}
}

func (LongLock) New(code *detectors.Code) (detectors.State, error) {
	return &longLock{code: code}, nil
}

type longLock struct {
	code  *detectors.Code
	worst time.Duration
	site  detectors.SiteID
}

func (l *longLock) Observe(o *detectors.Observation) {
	if o.Reason.Cause() == detectors.CauseLock && o.Duration > l.worst {
		l.worst, l.site = o.Duration, l.code.SiteOf(o.Stack)
	}
}

func (l *longLock) Judge(w *detectors.Window) ([]detectors.Finding, detectors.Verdict) {
	worst, site := l.worst, l.site
	l.worst = 0
	v := detectors.Verdict{Applicable: true, Value: worst.Seconds(), Threshold: 1, Unit: "s"}
	if worst < time.Second {
		return nil, v
	}
	return []detectors.Finding{{
		Severity: detectors.Warning, Start: w.Start, End: w.End, Site: site, Score: worst.Seconds(),
		Summary: fmt.Sprintf("waited %v for the lock taken at %v", worst, w.Code.Site(site)),
	}}, v
}
