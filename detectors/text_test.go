package detectors_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/detectors/detectortest"
)

// TestTexts lets each detector watch the traces in its folder of testdata.
// Their first lines say what each is about; those in which nothing is to be found are in
// silence. Each detector must have both.
func TestTexts(t *testing.T) {
	for _, d := range detectors.Default() {
		kind := d.Spec().Kind
		t.Run(kind, func(t *testing.T) {
			folder := filepath.Join("testdata", strings.ReplaceAll(kind, "-", ""))
			all, err := filepath.Glob(filepath.Join(folder, "*.txt"))
			require.NoError(t, err)
			silent, err := filepath.Glob(filepath.Join(folder, "silence", "*.txt"))
			require.NoError(t, err)
			require.NotEmpty(t, silent)
			detectortest.Run(t, d, append(all, silent...)...)
		})
	}
}

func TestTextsWithSettings(t *testing.T) {
	for file, d := range map[string]detectors.Detector{
		"scheddelay/settings/long_gap_before_rest.txt": detectors.SchedDelay{LookBack: 10 * time.Second},
		"preemptrate/settings/short_delay.txt":         detectors.PreemptRate{Delay: 4 * time.Millisecond},
		"preemptfailure/settings/short_run.txt":        detectors.PreemptFailure{Run: 6 * time.Millisecond},
	} {
		detectortest.Run(t, d, filepath.Join("testdata", file))
	}
}
