package shop

import (
	"context"
	"net/http"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// Fault names what is wrong with a [Service].
type Fault string

// The faults. [None] is the healthy service.
const (
	None     Fault = "none"
	Sched    Fault = "sched"
	GCAssist Fault = "gcassist"
	Netpoll  Fault = "netpoll"
	Preempt  Fault = "preempt"
	Leak     Fault = "leak"
)

// Faults returns every fault, without [None].
func Faults() []Fault {
	return []Fault{Sched, GCAssist, Netpoll, Preempt, Leak}
}

// Doc says in one sentence what goes wrong. It is empty for an unknown fault.
func (f Fault) Doc() string {
	s, _ := f.spec()
	return s.doc
}

// Site returns the function at fault by the name a stack trace gives it. It is empty for [None] and
// for an unknown fault.
func (f Fault) Site() string {
	s, _ := f.spec()
	return s.site
}

// sitePrefix is what a stack trace puts before the name of a function of this package.
const sitePrefix = "github.com/gotracewatch/tracewatch/internal/scenario/shop."

// spec describes a fault.
type spec struct {
	doc  string
	site string
	// prepare builds what the fault needs, before the first request meets it.
	prepare func(scenario.Strength) change
}

// change is what a fault alters in the healthy service. Every field may be nil.
type change struct {
	// storeDelay is how long the store thinks about one query.
	storeDelay func() time.Duration
	// report replaces the healthy report handler.
	report http.HandlerFunc
	// run runs beside the service and returns soon after ctx ends.
	run func(ctx context.Context)
	// release frees what the fault holds and returns when its goroutines have ended. It is called
	// once, after the load, the handlers and run.
	release func()
}

// spec returns f's description; ok is false if there is no such fault.
func (f Fault) spec() (s spec, ok bool) {
	switch f {
	case None:
		return spec{
			doc:     "Nothing goes wrong: the service is healthy.",
			prepare: func(scenario.Strength) change { return change{} },
		}, true
	case Sched:
		return schedSpec(), true
	case GCAssist:
		return gcAssistSpec(), true
	case Netpoll:
		return netpollSpec(), true
	case Preempt:
		return preemptSpec(), true
	case Leak:
		return leakSpec(), true
	}
	return spec{}, false
}
