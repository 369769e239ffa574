package host_test

import (
	"testing"

	"github.com/gotracewatch/tracewatch/internal/host"
)

// The process's time grows while the process computes.
func TestProcessTime(t *testing.T) {
	h := host.New(t.TempDir())
	first := h.Read().CPU
	if !first.Known {
		t.Skip("this system does not tell a process's time")
	}
	var x uint64
	for h.Read().CPU.Since(first).Value <= 0 {
		for range 1_000_000 {
			x = x*6364136223846793005 + 1
		}
	}
	t.Log(x, h.Read().CPU.Since(first).Value)
}
