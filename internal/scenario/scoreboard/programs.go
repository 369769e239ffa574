package main

import (
	"slices"

	"github.com/gotracewatch/tracewatch/internal/scenario"
	"github.com/gotracewatch/tracewatch/internal/scenario/healthy"
	"github.com/gotracewatch/tracewatch/internal/scenario/sick"
)

// programs returns all there is to run.
func programs() []scenario.Scenario {
	return slices.Concat(sick.All(), healthy.All())
}
