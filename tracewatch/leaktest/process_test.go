package leaktest_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// childEnv says to a process that a test has started it, and what TestMain has to do there.
const childEnv = "LEAKTEST_CHILD"

const (
	childBare     = "bare"     // Main is not called
	childMain     = "main"     // it is
	childIgnores  = "ignores"  // it is, and told to ignore what is stuck
	childMistaken = "mistaken" // it is, with an option that makes no sense
)

// alone reports whether the test is in a process of its own, without Main; if not, it lets one run it.
func alone(t *testing.T) bool {
	t.Helper()
	if os.Getenv(childEnv) != "" {
		return true
	}
	out, err := child(t, childBare, "-test.run=^"+t.Name()+"$")
	require.NoError(t, err, out)
	return false
}

// child runs this test's program once more.
func child(t *testing.T, mode string, args ...string) (out string, err error) {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), exe, args...)
	cmd.Env = append(os.Environ(), childEnv+"="+mode, "GORACE=atexit_sleep_ms=0") // else the race detector sleeps a second at the end
	b, err := cmd.CombinedOutput()
	return string(b), err
}

// inChild lets a test that is run by others in processes of their own do nothing elsewhere.
func inChild(t testing.TB) {
	t.Helper()
	if os.Getenv(childEnv) == "" {
		t.Skip("another test runs it")
	}
}
