package reading_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"runtime"
	"runtime/trace"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	exptrace "golang.org/x/exp/trace"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/reading"
)

// goID returns the calling goroutine's number, which the runtime tells nowhere else.
func goID(t *testing.T) exptrace.GoID {
	t.Helper()
	buf := make([]byte, 64)
	text, _, _ := strings.Cut(strings.TrimPrefix(string(buf[:runtime.Stack(buf, false)]), "goroutine "), " ")
	id, err := strconv.ParseInt(text, 10, 64)
	require.NoError(t, err)
	return exptrace.GoID(id)
}

// record starts a flight recorder and returns a function that returns what it holds.
func record(tb testing.TB) (snapshot func() []byte) {
	tb.Helper()
	r := trace.NewFlightRecorder(trace.FlightRecorderConfig{MinAge: time.Minute})
	require.NoError(tb, r.Start())
	tb.Cleanup(r.Stop)
	return func() []byte {
		var b bytes.Buffer
		_, err := r.WriteTo(&b)
		require.NoError(tb, err)
		return b.Bytes()
	}
}

// logs returns the log events of a trace, as golang.org/x/exp/trace reads them.
func logs(t *testing.T, data []byte) []exptrace.Event {
	t.Helper()
	r, err := exptrace.NewReader(bytes.NewReader(data))
	require.NoError(t, err)
	var logs []exptrace.Event
	for {
		ev, err := r.ReadEvent()
		if errors.Is(err, io.EOF) {
			return logs
		}
		require.NoError(t, err)
		if ev.Kind() == exptrace.EventLog {
			logs = append(logs, ev)
		}
	}
}

// What is written comes back from the flight recorder: whole, in order, with the goroutine that
// wrote it and its stack.
func TestThroughTheTrace(t *testing.T) {
	snapshot := record(t)
	written := []detectors.Reading{full(), longest(), {}}
	for i := range written {
		trace.Log(context.Background(), reading.Category, line(written[i]))
	}
	trace.Log(context.Background(), "other", line(full()))
	first := snapshot()
	trace.Log(context.Background(), reading.Category, line(full()))
	written = append(written, full())
	second := snapshot()

	require.Len(t, logs(t, first), 4, "a snapshot has what was written just before")
	var read []detectors.Reading
	var last exptrace.Time
	for _, ev := range logs(t, second) {
		l := ev.Log()
		if l.Category != reading.Category {
			continue
		}
		require.Equal(t, exptrace.BackgroundTask, l.Task)
		require.Equal(t, goID(t), ev.Goroutine())
		require.GreaterOrEqual(t, ev.Time(), last)
		last = ev.Time()

		var funcs []string
		for f := range ev.Stack().Frames() {
			funcs = append(funcs, f.Func)
		}
		require.True(t, strings.HasSuffix(funcs[0], ".TestThroughTheTrace"), "the caller of trace.Log: %v", funcs)
		require.Equal(t, "testing.tRunner", funcs[len(funcs)-1])

		r, ok := reading.Parse(l.Message)
		require.True(t, ok, l.Message)
		read = append(read, r)
	}
	require.Equal(t, written, read)
}

// BenchmarkLog writes a reading while a flight recorder runs, and while none does.
func BenchmarkLog(b *testing.B) {
	ctx, r := context.Background(), full()
	to := make([]byte, 0, 256)
	write := func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			to = reading.Append(to[:0], &r)
			trace.Log(ctx, reading.Category, string(to))
		}
	}
	b.Run("off", write)
	b.Run("recorded", func(b *testing.B) {
		record(b)
		write(b)
	})
}
