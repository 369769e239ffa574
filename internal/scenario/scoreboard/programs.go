package main

import (
	"slices"

	"github.com/gotracewatch/tracewatch/internal/scenario"
	"github.com/gotracewatch/tracewatch/internal/scenario/healthy"
)

// programs returns all there is to run.
func programs() []scenario.Scenario {
	return slices.Concat(shopFaults(), healthy.All())
}
