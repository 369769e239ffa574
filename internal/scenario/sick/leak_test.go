package sick

import (
	"bytes"
	"runtime/pprof"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// TestForgottenContextIsProven asks the runtime's own profile of leaks, where there is one.
func TestForgottenContextIsProven(t *testing.T) {
	profile := pprof.Lookup("goroutineleak")
	if profile == nil {
		t.Skip("this Go has no such profile")
	}
	p, err := forgottenContext().Start(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Stop()) }()
	require.NoError(t, p.Break(scenario.Severe))
	time.Sleep(300 * time.Millisecond)
	var found bytes.Buffer
	require.NoError(t, profile.WriteTo(&found, 1))
	require.Contains(t, found.String(), site("follow"))
}
