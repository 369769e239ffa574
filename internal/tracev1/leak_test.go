package tracev1_test

import (
	"testing"

	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

// One of these tests measures memory, which a trace takes too.
func TestMain(m *testing.M) { leaktest.Main(m, leaktest.WithoutTrace()) }
