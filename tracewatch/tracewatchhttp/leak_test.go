package tracewatchhttp_test

import (
	"testing"

	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

// The tests use the slots in which a trace can run.
func TestMain(m *testing.M) { leaktest.Main(m, leaktest.WithoutTrace()) }
