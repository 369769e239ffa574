package render_test

import (
	"testing"

	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }
