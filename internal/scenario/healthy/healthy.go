// Package healthy has programs with nothing wrong in them that a naive watcher would take for
// trouble: they are busy, have thousands of waiting goroutines, grow for a while, allocate a lot.
// Whatever is found in one of them is a false alarm.
//
// Each is sound on any machine: its load is a closed loop or far below what one core does, so that
// a slower machine gets less to do and never a backlog.
package healthy

import "github.com/gotracewatch/tracewatch/internal/scenario"

// All returns the healthy programs, each with another thing that looks like trouble.
func All() []scenario.Scenario {
	return []scenario.Scenario{
		idle(),
		shopService(),
		busyHTTP(),
		idleConnections(),
		longPolling(),
		eventStreams(),
		reconnectingStreams(),
		manyTickers(),
		cpuBatch(),
		allocatingService(),
		growingPools(),
		sessions(),
		channelPipeline(),
		goroutineBursts(),
		busyLocks(),
		startingService(),
		messageSubscribers(),
		pollingConsumers(),
		pipelinedClient(),
		sqlPool(),
		http2Streams(),
	}
}
