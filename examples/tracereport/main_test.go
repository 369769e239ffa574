package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// sample returns a recorded trace and a file with it.
func sample(t *testing.T) (data []byte, file string) {
	t.Helper()
	data, err := recorded.Trace{Go: "1.26", Name: "gcheavy"}.Bytes()
	require.NoError(t, err)
	return data, store(t, data)
}

func store(t *testing.T, data []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "some.trace")
	require.NoError(t, os.WriteFile(file, data, 0o600))
	return file
}

// outcome is what a run left behind.
type outcome struct {
	status      int
	out, errors string
}

func start(stdin io.Reader, args ...string) outcome {
	var stdout, stderr bytes.Buffer
	status := run(context.Background(), args, stdin, &stdout, &stderr)
	return outcome{status, stdout.String(), stderr.String()}
}

// decoded is the document as another program sees it.
type decoded struct {
	File      string            `json:"file"`
	Error     string            `json:"error"`
	Anomalies []json.RawMessage `json:"anomalies"`
	Totals    tracewatch.Totals `json:"totals"`
	Stats     map[string]any    `json:"stats"`
}

func decode(t *testing.T, text string) decoded {
	t.Helper()
	var d decoded
	decoder := json.NewDecoder(bytes.NewBufferString(text))
	require.NoError(t, decoder.Decode(&d), text)
	require.ErrorIs(t, decoder.Decode(&d), io.EOF, "one document")
	return d
}

func TestJSON(t *testing.T) {
	data, file := sample(t)
	report, err := tracewatch.Analyze(context.Background(), bytes.NewReader(data))
	require.NoError(t, err)
	for name, o := range map[string]outcome{
		file: start(nil, "-json", file),
		"-":  start(bytes.NewReader(data), "-json", "-"),
	} {
		require.Equal(t, statusFine, o.status)
		require.Empty(t, o.errors)
		d := decode(t, o.out)
		require.Equal(t, name, d.File)
		require.Empty(t, d.Error)
		require.Equal(t, report.Totals, d.Totals)
		require.NotNil(t, d.Anomalies, "none is an empty list")
		require.Len(t, d.Anomalies, len(report.Anomalies))
		require.EqualValues(t, report.Stats.Events, d.Stats["events"])
		require.EqualValues(t, report.Stats.Span, d.Stats["span_ns"])
		require.Contains(t, o.out, `"sched_delay":{"count":`)
		require.Contains(t, o.out, `"sum_ns":`)
		require.Contains(t, o.out, `"max_ns":`)
	}
}

func TestText(t *testing.T) {
	_, file := sample(t)
	o := start(nil, file)
	require.Equal(t, statusFine, o.status)
	require.Empty(t, o.errors)
	for _, part := range []string{file, "anomalies", "scheduling delay", "GC mark assist", "waiting: preempted",
		"stop-the-world: GC mark termination", "woken by timers", "created"} {
		require.Contains(t, o.out, part)
	}
}

// TestBroken: what is whole is printed, the error says where, the status tells programs.
func TestBroken(t *testing.T) {
	data, _ := sample(t)
	file := store(t, data[:len(data)*3/4])
	o := start(nil, "-json", file)
	require.Equal(t, statusBroken, o.status)
	require.Contains(t, o.errors, file+": trace broken at byte ")
	require.Contains(t, o.errors, "Record again")
	d := decode(t, o.out)
	require.Contains(t, d.Error, "broken at byte")
	require.NotZero(t, d.Totals.SchedDelay.Count)

	o = start(nil, file)
	require.Equal(t, statusBroken, o.status)
	require.Contains(t, o.out, "NOT ALL OF IT")
	require.Contains(t, o.out, "scheduling delay")

	o = start(bytes.NewReader(data[:2_000]), "-")
	require.Equal(t, statusBroken, o.status)
	require.Contains(t, o.errors, "standard input: trace broken")
	require.Contains(t, o.errors, "nothing to report")
	require.NotContains(t, o.out, "totals")
}

func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	for file, says := range map[string]string{
		filepath.Join(dir, "missing"): filepath.Join(dir, "missing"),
		dir:                           dir,
		store(t, []byte("this is no trace, but it is long enough")): "not a Go execution trace",
		store(t, nil): "not a Go execution trace",
	} {
		for _, args := range [][]string{{file}, {"-json", file}} {
			o := start(nil, args...)
			require.Equal(t, statusBroken, o.status)
			require.Empty(t, o.out)
			require.Contains(t, o.errors, says)
			require.Contains(t, o.errors, file)
			require.Contains(t, o.errors, "-h says")
		}
	}
}

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		says string
	}{
		{nil, "no file"},
		{[]string{"-json"}, "no file"},
		{[]string{"a", "b"}, `"b"`},
		{[]string{"a", "-json"}, "flags come first"},
		{[]string{"-color", "a"}, "-color"},
	} {
		o := start(nil, c.args...)
		require.Equal(t, statusUsage, o.status, c.args)
		require.Empty(t, o.out)
		require.Contains(t, o.errors, c.says)
		require.Contains(t, o.errors, "-h")
	}
	o := start(nil, "-h")
	require.Equal(t, outcome{statusFine, usage, ""}, o)
}

// TestInterrupted: Ctrl-C ends a reading that waits for a pipe.
func TestInterrupted(t *testing.T) {
	data, _ := sample(t)
	stdin, feed := io.Pipe()
	defer feed.Close()
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = feed.Write(data[:len(data)/2])
		cancel()
	}()
	var stdout, stderr bytes.Buffer
	require.Equal(t, statusBroken, run(ctx, []string{"-json", "-"}, stdin, &stdout, &stderr))
	require.Empty(t, stdout.String(), "no half document")
	require.Contains(t, stderr.String(), "interrupted")
}

// TestFullDisk: a report that cannot be written is an error.
func TestFullDisk(t *testing.T) {
	_, file := sample(t)
	for _, args := range [][]string{{file}, {"-json", file}} {
		var stderr bytes.Buffer
		require.Equal(t, statusBroken, run(context.Background(), args, nil, full{}, &stderr))
		require.Contains(t, stderr.String(), "no space left")
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }
