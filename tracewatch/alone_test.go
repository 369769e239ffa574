package tracewatch

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// TestCompanyDoesNotMatter: a detector says the same alone as among the others, and as
// beside a user's that wants to hear of everything. For that one the trace is gone through in
// the order of time, else thread by thread; the moments are the same where no two events
// share one.
func TestCompanyDoesNotMatter(t *testing.T) {
	var n tally
	for name, data := range judgedTraces() {
		raws := split(t, data)
		all := judges(t, engineOf(t, detectors.Default()...), raws, tracegen.Names{})

		n.add(t, name, requireSameJudged(t, all, aloneEach(t, raws), name+", each alone"))

		var w witness
		beside := judges(t, engineOf(t, append(detectors.Default(), &w)...), raws, tracegen.Names{})
		require.Greater(t, len(w.told), 1_000, name)
		for i := range beside {
			last := len(beside[i].verdicts) - 1
			require.Contains(t, beside[i].verdicts[last], "witness")
			beside[i].verdicts = beside[i].verdicts[:last]
		}
		n.anomalies += requireSameJudged(t, all, beside, name+", beside one that hears everything")
	}
	n.done(t, "in other company")
}

// aloneEach returns what each default detector says alone, put together as if all had been
// there at once.
func aloneEach(t *testing.T, raws []wire.Raw) (all []judged) {
	t.Helper()
	for _, d := range detectors.Default() {
		alone := judges(t, engineOf(t, d), raws, tracegen.Names{})
		if all == nil {
			all = make([]judged, len(alone))
		}
		for i, j := range alone {
			all[i].found = append(all[i].found, j.found...)
			all[i].quality = append(all[i].quality, j.quality...)
			all[i].verdicts = append(all[i].verdicts, j.verdicts...)
		}
	}
	return all
}
