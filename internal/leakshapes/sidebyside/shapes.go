package main

import (
	"slices"

	"github.com/gotracewatch/tracewatch/internal/leakshapes"
)

// shapes returns those of package leakshapes and those that need libraries, the leaking ones last.
func shapes() []leakshapes.Shape {
	return slices.Concat(leakshapes.Healthy(), healthyHere(), leakshapes.Leaking(), leakingHere())
}

// healthyHere returns the healthy shapes of this module.
func healthyHere() []leakshapes.Shape {
	return []leakshapes.Shape{
		grpcUnary(),
		grpcStream(),
		grpcStreamCancelled(),
		grpcNobodyThere(),
		grpcCallTimedOut(),

		errgroupContext(),
		errgroupLimit(),
		singleflightShared(),
		singleflightGivenUp(),
		semaphoreGivenUp(),
	}
}

// leakingHere returns the leaking shapes of this module.
func leakingHere() []leakshapes.Shape {
	return []leakshapes.Shape{
		grpcConnectionNotClosed(),
		grpcStreamNotDrained(),
		grpcServerNotStopped(),

		errgroupGoroutineDoesNotListen(),
		errgroupResultsNotRead(),
		singleflightLeaderStuck(),
	}
}
