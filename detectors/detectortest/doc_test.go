package detectortest

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The example in the documentation is the file that is tested.
func TestDocExample(t *testing.T) {
	source, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	file, err := os.ReadFile("testdata/longlock.txt")
	require.NoError(t, err)
	text := strings.ReplaceAll(strings.ReplaceAll(string(source), "//\t", ""), "//\n", "\n")
	require.Contains(t, text, string(file))
}
