package browser

import (
	"testing"

	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

// Without a trace of its own: the watcher whose page is shown is alone with its service.
func TestMain(m *testing.M) { leaktest.Main(m, leaktest.WithoutTrace()) }
