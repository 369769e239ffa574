package tracev1_test

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/oldgen"
	"github.com/gotracewatch/tracewatch/internal/tracev1"
)

// What reading may take at most, all in all: memoryFixed and memoryPerByte for each of the
// trace's bytes. The reader behind this package keeps events in pieces of 32 MiB, so that
// the smallest trace has one.
const (
	memoryFixed   = 48 << 20
	memoryPerByte = 2048
	longest       = 5 * time.Second
)

// FuzzReader: whatever the bytes are, there are events in the order of time or an error
// that says where and what to do, in a time and with memory that the bytes account for.
func FuzzReader(f *testing.F) {
	for _, v := range []int{11, 19, 21} {
		for seed := range uint64(3) {
			f.Add(oldgen.Random(seed, oldgen.Shape{Version: v, Procs: 1 + int(seed), Events: 80}))
		}
	}
	for _, b := range [][]byte{nil, {0x41}, {0x41, 0, 0, 6, 0, 2, 1}, {0x25, 1, 200, 1}} {
		f.Add(append([]byte("go 1.21 trace\x00\x00\x00"), b...))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		begun := time.Now()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		events, err := read(data)
		runtime.ReadMemStats(&after)
		if used, limit := after.TotalAlloc-before.TotalAlloc, uint64(memoryFixed+memoryPerByte*len(data)); used > limit {
			t.Errorf("%d bytes allocated for %d, more than %d", used, len(data), limit)
		}
		if took := time.Since(begun); took > longest {
			t.Errorf("%v for %d bytes", took, len(data))
		}
		for i, e := range events {
			require.True(t, i == 0 || e.Time > events[i-1].Time, "event %d", i)
		}
		if err != nil {
			var e *tracev1.Error
			require.True(t, errors.As(err, &e), "%v", err)
			require.True(t, e.Offset == tracev1.Unplaced || 0 <= e.Offset && e.Offset <= int64(len(data)), "%v", err)
			require.NotEmpty(t, e.Advice)
		}
	})
}
