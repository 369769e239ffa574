// Package detectors holds what tracewatch looks for, and the vocabulary for looking for
// more.
//
// A [Detector] is a small value. It names the kinds of [Observation] it wants, makes a
// [State] for each run, takes the observations one by one, and at the end of each
// [Window] reports [Finding] values and a [Verdict]. The built-in ones are in
// [Default]; their thresholds are fields, zero meaning the default:
//
//	tracewatch.WithDetectors(append(detectors.Default()[1:],
//		detectors.SchedDelay{P99: 5 * time.Millisecond})...)
//
// # Writing one
//
// This detector finds goroutines that waited for a lock for longer than a second:
//
//	type LongLock struct{}
//
//	func (LongLock) Spec() detectors.Spec {
//		return detectors.Spec{
//			Kind:    "long-lock",
//			Doc:     "A goroutine waited more than a second for a lock.",
//			Long:    detectors.Set(detectors.GoUnpark),
//			AtLeast: time.Second,
//		}
//	}
//
//	func (LongLock) New(code *detectors.Code) (detectors.State, error) {
//		return &longLock{code: code}, nil
//	}
//
//	type longLock struct {
//		code  *detectors.Code
//		worst time.Duration
//		site  detectors.SiteID
//	}
//
//	func (l *longLock) Observe(o *detectors.Observation) {
//		if o.Reason.Cause() == detectors.CauseLock && o.Duration > l.worst {
//			l.worst, l.site = o.Duration, l.code.SiteOf(o.Stack)
//		}
//	}
//
//	func (l *longLock) Judge(w *detectors.Window) ([]detectors.Finding, detectors.Verdict) {
//		worst, site := l.worst, l.site
//		l.worst = 0
//		v := detectors.Verdict{Applicable: true, Value: worst.Seconds(), Threshold: 1, Unit: "s"}
//		if worst < time.Second {
//			return nil, v
//		}
//		return []detectors.Finding{{
//			Severity: detectors.Warning, Start: w.Start, End: w.End, Site: site, Score: worst.Seconds(),
//			Summary: fmt.Sprintf("waited %v for the lock taken at %v", worst, w.Code.Site(site)),
//		}}, v
//	}
//
// Package [github.com/gotracewatch/tracewatch/detectors/detectortest] tests it in a line, with
// a trace that is written as text.
//
// # Judging
//
// A threshold alone makes a busy service sick. Each of the built-in detectors has a second
// condition: that somebody was really delayed, or that a place is not as it used to be there.
// They judge window by window, and want to see the trouble in two of them, half a second
// together, before they speak. What was usual is forgotten after a gap (Window.Fresh) and not
// known in a dump, which begins shortly before the trouble: what is not known must not keep a
// detector from finding.
//
// Where a goroutine is one of many that begin in the same function, such as a server's, ask
// for its stack's [Stack].Work. What the trace cannot tell is better said than guessed: a
// [Verdict] that is not Applicable, with a Note.
//
// The first goroutine in a finding's [Evidence] is explained: see [Explanation]. Let it be the one
// that was worst off, with when that began and how long it lasted.
//
// # Cost
//
// A trace has millions of events a second, nearly all of which are transitions of a
// goroutine that took microseconds. What is only a sum is in [Window].Totals already;
// what matters only where it is long is asked for with [Spec].Long. The built-in
// detectors observe nothing else of the frequent kinds ([GoStart], [GoPark], [GoUnpark],
// [GoSyscall], [GoSyscallEnd]); the first one that wants each of them makes reading take
// half as long again.
//
// # Rules
//
// Observations and the goroutines in them are reused: copy what you keep. Numbers of
// stacks and sites ([StackID], [SiteID]) may be kept; they mean the same for the whole
// run and are resolved by [Code]. Observe is called for millions of events a second,
// so it should allocate nothing per event. A duration whose Known is false began
// before the trace did: it is not zero, it is not known. Look back only over windows
// that you have seen (nothing before a window that is Fresh), and name the first of
// them in Finding.Start: the dump begins there, and reading the dump must find the
// same.
package detectors
