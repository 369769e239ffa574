package timeline

import (
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// FuzzStructured follows traces that are well written, whatever they say: what
// [tracegen.FromBytes] makes of the fuzzer's bytes. So it tries less of the parser than
// FuzzTimeline does, and more of what is behind it.
func FuzzStructured(f *testing.F) {
	structuredSeeds(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		data, changes := tracegen.FromBytes(input)
		checkStructured(t, data, changes)
	})
}

// structuredSeeds has each version with each kind of trace as it is, and with one change
// of each sort.
func structuredSeeds(f *testing.F) {
	for i, v := range versions {
		for kind := range tracegen.FromBytesKind(64) {
			if kind%4 == tracegen.FromBytesKind(i) { // all kinds, and all versions
				f.Add(tracegen.ToBytes(v, kind, nil))
			}
		}
		for edit := range byte(tracegen.NumEdits) {
			f.Add(tracegen.ToBytes(v, tracegen.FuzzTour, nil, [tracegen.EditSize]byte{edit, 3, 5, 7, 1, 2}))
		}
	}
}

// TestStructured is FuzzStructured for some inputs that no fuzzer has chosen.
func TestStructured(t *testing.T) {
	traces, taken := 0, 0
	for data, changes := range unchosen() {
		traces++
		if checkStructured(t, data, changes) {
			taken++
		}
	}
	t.Logf("%d traces, of which the reference takes %d, and so do we", traces, taken)
	require.NotZero(t, taken)
}

// unchosen yields the traces, and what was changed in them, of 400 inputs that no fuzzer has chosen.
func unchosen() iter.Seq2[[]byte, []string] {
	return func(yield func([]byte, []string) bool) {
		for i := range 400 {
			input := make([]byte, 40+i)
			for j := range input {
				input[j] = byte((i + 1) * (j + 7) * (i ^ j) >> 3)
			}
			if !yield(tracegen.FromBytes(input)) {
				return
			}
		}
	}
}

// How long reading a trace may take before something is taken to be wrong. The traces have
// some ten thousand bytes, of which either reader reads many millions a second.
const tooLong = 20 * time.Second

// checkStructured follows a trace to which some changes were made. It must not take memory
// or time out of proportion; whether it can be read must not depend on the order; and it
// must tell what the reference tells, for as long as both can read on: what the reference
// takes is taken here. It reports whether that was so.
func checkStructured(t *testing.T, data []byte, changes []string) bool {
	t.Helper()
	name := strings.Join(changes, ", ")
	begun := time.Now()
	checkBroken(t, data, name)
	got, gotErr := skeletons(data, readOurs)
	checkEither(t, data, name)
	require.Less(t, time.Since(begun), tooLong, name)

	want, wantErr, ok := referenceSkeletons(data)
	if !ok {
		return false
	}
	if changes == nil {
		require.NoError(t, wantErr)
		require.NoError(t, gotErr)
	}
	if !consecutive(data) {
		return false // to the reference, state carries over a gap
	}
	if !sameSense(data) {
		return false
	}
	for i := range min(len(got), len(want)) {
		got[i].g = max(got[i].g, 0) // a profile sample may be of goroutine -1, which to the reference is none
		if got[i] != want[i] {
			t.Fatalf("%s: event %d:\ngot  %v\nwant %v", name, i, got[i], want[i])
		}
	}
	if wantErr != nil || isOursOnly(gotErr) {
		return false
	}
	require.NoError(t, gotErr, name)
	require.Len(t, got, len(want), name)
	return true
}

// referenceSkeletons reads with the reference, which on broken traces may panic, and may
// never come back: then the trace is nothing to compare with.
func referenceSkeletons(data []byte) (events []event, err error, ok bool) {
	type result struct {
		events []event
		err    error
	}
	done := make(chan result, 1)
	go func() {
		events, err := skeletons(data, readReference)
		done <- result{events, err}
	}()
	select {
	case r := <-done:
		return r.events, r.err, true
	case <-time.After(tooLong):
		return nil, fmt.Errorf("no end after %v", tooLong), false
	}
}

// isOursOnly reports whether it is meant to be an error here though it is none to the
// reference.
func isOursOnly(err error) bool {
	if err == nil {
		return false
	}
	for _, text := range []string{
		"of number",            // it is beyond our limits
		"a clock of frequency", // 0, which makes all times infinite
		"in status",            // one of more than a byte, of which the reference takes the last
	} {
		if strings.Contains(err.Error(), text) {
			return true
		}
	}
	// To the reference, stops of the world of different kinds are different ranges, and so
	// are those of one kind in different generations: a goroutine may begin both.
	return strings.Contains(err.Error(), "STWBegin") && strings.Contains(err.Error(), "it begins while it is going on")
}

// sameSense reports whether what a trace says of time means the same to both readers. It
// does not if something is later than any can be: the reference's moments overflow.
func sameSense(data []byte) bool {
	ok := true
	s := wire.Splitter{Emit: func(raw wire.Raw) {
		g, err := wire.Parse(raw)
		if err != nil {
			return
		}
		ok = ok && g.MinTime < limits.Nanoseconds-1 // that of a batch without events counts too
		for _, sample := range g.Samples {
			ok = ok && sample.Time < limits.Nanoseconds-1
		}
		for i := range g.Threads {
			for c := g.Cursor(i); c.Next(); {
				ok = ok && c.Time < limits.Nanoseconds-1
			}
		}
	}}
	_, _ = s.Write(data)
	_ = s.Close()
	return ok
}
