package clients

import (
	"testing"

	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

// Without a trace of its own: the watcher that is tested is alone with the service.
func TestMain(m *testing.M) { leaktest.Main(m, leaktest.WithoutTrace()) }
