//go:build !linux

package sick

import "github.com/gotracewatch/tracewatch/internal/scenario"

// ofThisSystem returns nothing: what the programs need is Linux's.
func ofThisSystem() []scenario.Scenario { return nil }
