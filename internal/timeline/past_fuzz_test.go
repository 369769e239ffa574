package timeline

import (
	"testing"

	"github.com/gotracewatch/tracewatch/internal/oldgen"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
)

// FuzzPast reads any bytes in every way and keeps the past: all must keep the same, and whatever it
// is, links must lead to what was there before, and end.
func FuzzPast(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) { checkPast(t, parsed(data), true, nil) })
}

// FuzzPastStructured does the same with what is well written, see FuzzStructured.
func FuzzPastStructured(f *testing.F) {
	structuredSeeds(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		data, _ := tracegen.FromBytes(input)
		checkPast(t, parsed(data), true, nil)
	})
}

// FuzzPastOld is FuzzPast for the first format.
func FuzzPastOld(f *testing.F) {
	for _, v := range oldVersions {
		for seed := range uint64(3) {
			f.Add(oldgen.Random(seed, oldgen.Shape{Version: v, Procs: 1 + int(seed), Events: 80}))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkPastOld(t, data, true, new(tally)) })
}
