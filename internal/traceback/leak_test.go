package traceback_test

import (
	"testing"

	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

// What waits for ever, to show how that looks, cannot end.
func TestMain(m *testing.M) {
	leaktest.Main(m, leaktest.IgnoreCreatedBy("github.com/gotracewatch/tracewatch/internal/traceback_test.TestLiveForEver"))
}
