package timeline_test

import (
	"testing"

	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

// Some tests count allocations. A trace is read every few seconds, which makes some.
func TestMain(m *testing.M) { leaktest.Main(m, leaktest.WithoutTrace()) }
