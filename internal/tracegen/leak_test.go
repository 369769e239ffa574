package tracegen_test

import (
	"os"
	"testing"

	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

// TestMain checks for leaks, but where memory is weighed: the checker reads a
// trace of this process meanwhile, and what it has not read yet is on the heap.
func TestMain(m *testing.M) {
	if os.Getenv("TRACEGEN_WEIGH") != "" {
		os.Exit(m.Run())
	}
	leaktest.Main(m)
}
