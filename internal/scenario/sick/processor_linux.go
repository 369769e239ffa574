//go:build amd64 || arm64

package sick

import "github.com/gotracewatch/tracewatch/internal/scenario"

// ofThisProcessor returns the program that makes system calls by itself.
func ofThisProcessor() []scenario.Scenario { return []scenario.Scenario{rawSystemCall()} }
