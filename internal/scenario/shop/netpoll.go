package shop

import (
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

func netpollSpec() spec {
	return spec{
		doc:     "The store answers in hundreds of milliseconds, and dozens of callers wait for it in the network.",
		site:    sitePrefix + "queryBackend",
		prepare: prepareNetpoll,
	}
}

// prepareNetpoll slows the store: at 80 orders a second 18 callers wait at once, or with a severe
// fault all that there are.
func prepareNetpoll(strength scenario.Strength) change {
	lo, hi := 200, 260
	if strength == scenario.Severe {
		lo, hi = 400, 800
	}
	return change{storeDelay: func() time.Duration { return millis(lo, hi) }}
}
