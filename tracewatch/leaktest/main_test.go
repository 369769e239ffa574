package leaktest_test

import (
	"os"
	"testing"

	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

// TestMain checks the package's own tests. In the processes that some of them start it does what
// they ask for.
func TestMain(m *testing.M) {
	switch os.Getenv(childEnv) {
	case childBare:
		os.Exit(m.Run())
	case childIgnores:
		leaktest.Main(m, leaktest.IgnoreFunction(here+"stuck"))
	case childMistaken:
		leaktest.Main(m, leaktest.IgnoreFunction("stuck"))
	}
	leaktest.Main(m)
}

// here is what the names of this package's functions begin with.
const here = "github.com/gotracewatch/tracewatch/tracewatch/leaktest_test."
