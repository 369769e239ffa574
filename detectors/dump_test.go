package detectors_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/detectors/detectortest"
)

// TestDumpTellsTheSame: a dump begins with the window in which its finding starts. Whoever reads it
// finds the same there, also of what detectors say from the readings of the machine.
func TestDumpTellsTheSame(t *testing.T) {
	for _, d := range []detectors.Detector{detectors.SchedDelay{}, detectors.PreemptRate{}, detectors.PreemptFailure{}, detectors.CPUThrottled{}, detectors.StopTheWorld{}} {
		files, err := filepath.Glob(filepath.Join("testdata", strings.ReplaceAll(d.Spec().Kind, "-", ""), "*.txt"))
		require.NoError(t, err)
		for _, name := range files {
			t.Run(name, func(t *testing.T) {
				text, err := os.ReadFile(name)
				require.NoError(t, err)
				trace, err := detectortest.Read(name, text)
				require.NoError(t, err)
				all := watch(t, d, trace)
				for i, j := range all {
					for _, f := range j.findings {
						var before []uint64
						for _, p := range all[:i] {
							if p.End <= f.Start {
								before = append(before, p.Generation)
							}
						}
						dump := watch(t, d, trace, before...)
						require.Contains(t, told(dump[i-len(before)].findings), told([]detectors.Finding{f})[0])
					}
				}
			})
		}
	}
}

// told is what is said of findings. When they start is not: a window at which a trace begins does so
// with its first event, and later ones where the last has ended.
func told(findings []detectors.Finding) (all []detectors.Finding) {
	for _, f := range findings {
		all = append(all, detectors.Finding{Severity: f.Severity, End: f.End, Summary: f.Summary, Advice: f.Advice})
	}
	return all
}
