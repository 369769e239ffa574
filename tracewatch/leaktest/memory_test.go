package leaktest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/faketest"
)

// A check that has ended and has found nothing is forgotten, though one around it, Main's for example, goes on.
func TestChecksAreForgotten(t *testing.T) {
	Check(t)
	process.mu.Lock()
	before := len(process.roots)
	process.mu.Unlock()
	for range 500 {
		faketest.Run("TestX", func(t testing.TB) {
			Check(t)
			done := make(chan bool)
			go close(done)
			<-done
		})
	}
	process.mu.Lock()
	defer process.mu.Unlock()
	require.Len(t, process.roots, before)
}
