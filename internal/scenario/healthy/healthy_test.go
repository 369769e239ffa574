package healthy

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/scenario"
	"github.com/gotracewatch/tracewatch/internal/scenario/scenariotest"
)

func TestScenariosAreWhole(t *testing.T) {
	all := All()
	require.GreaterOrEqual(t, len(all), 14)
	seen := make(map[string]bool)
	for _, s := range all {
		require.Regexp(t, regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`), s.Name)
		require.False(t, seen[s.Name], "%s is there twice", s.Name)
		seen[s.Name] = true
		require.True(t, strings.HasSuffix(s.Doc, "."), "%s: %q is no sentence", s.Name, s.Doc)
		require.Empty(t, s.Kind, s.Name)
		require.Empty(t, s.Sites, s.Name)
		require.NotNil(t, s.Start, s.Name)
	}
}

// Every program runs for a moment without an error, has no fault to begin, and leaves nothing
// behind.
func TestStopLeavesNothing(t *testing.T) {
	for _, s := range All() {
		t.Run(s.Name, func(t *testing.T) {
			p := scenariotest.Start(t, s)
			require.Error(t, p.Break(scenario.Severe))
			require.NoError(t, p.Stop())
			require.NoError(t, p.Stop(), "a second time")
		})
	}
}
