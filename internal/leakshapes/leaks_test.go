package leakshapes

import (
	"os"
	"testing"

	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

// TestMain checks that the healthy shapes leave nothing. What leaks does so in processes of its own.
func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(m.Run())
	}
	leaktest.Main(m)
}
