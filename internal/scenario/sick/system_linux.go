package sick

import "github.com/gotracewatch/tracewatch/internal/scenario"

// ofThisSystem returns the programs that need something of Linux.
func ofThisSystem() []scenario.Scenario {
	return append([]scenario.Scenario{
		starvedThread(),
		throttledUnified(),
		throttledSplit(),
	}, ofThisProcessor()...)
}
