package shop

import "time"

func netpollSpec() spec {
	return spec{
		doc:  "The store answers in hundreds of milliseconds, and dozens of callers wait for it in the network.",
		site: sitePrefix + "queryBackend",
		prepare: func() change {
			return change{storeDelay: func() time.Duration { return millis(200, 400) }}
		},
	}
}
