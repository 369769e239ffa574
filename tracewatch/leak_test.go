package tracewatch_test

import (
	"testing"

	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

// The tests use the slots in which a trace can run, and one of them leaks what nobody can end.
func TestMain(m *testing.M) {
	leaktest.Main(m, leaktest.WithoutTrace(), leaktest.IgnoreCreatedBy("github.com/gotracewatch/tracewatch/tracewatch_test.forget"))
}
