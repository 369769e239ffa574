package sick_test

import (
	"testing"

	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

// One test uses the flight recorder itself, and one scenario leaks what nobody can end.
func TestMain(m *testing.M) {
	leaktest.Main(m, leaktest.WithoutTrace(), leaktest.IgnoreCreatedBy("github.com/gotracewatch/tracewatch/internal/scenario/sick.subscribe"))
}
