package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/oldgen"
	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// sample returns a recorded trace and a file with it. Nothing is wrong in it.
func sample(t *testing.T) (data []byte, file string) {
	t.Helper()
	data = recordedTrace(t, "1.26", "gcheavy")
	return data, store(t, data)
}

// leak returns a file with a recorded trace in which goroutines leak, which is a warning.
func leak(t *testing.T) string {
	t.Helper()
	return store(t, recordedTrace(t, "1.21", "leak"))
}

// annotated returns a file with a recorded trace that has tasks.
func annotated(t *testing.T, release string) string {
	t.Helper()
	return store(t, recordedTrace(t, release, "annotations"))
}

func recordedTrace(t *testing.T, release, name string) []byte {
	t.Helper()
	data, err := recorded.Trace{Go: release, Name: name}.Bytes()
	require.NoError(t, err)
	return data
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

// fake is a program in a world of a test's own.
type fake struct {
	program
	out, errs bytes.Buffer
	vars      map[string]string
}

func newFake(stdin io.Reader) *fake {
	f := &fake{vars: make(map[string]string)}
	f.program = program{
		stdin: stdin, stdout: &f.out, stderr: &f.errs, now: time.Now,
		console: func(io.Writer) (console, bool) { return console{}, false },
		env:     func(name string) string { return f.vars[name] },
	}
	return f
}

// terminal makes its standard output a terminal.
func (f *fake) terminal(columns int) {
	f.program.console = func(w io.Writer) (console, bool) { return console{columns, true}, w == f.stdout }
}

func (f *fake) start(args ...string) outcome {
	status := f.run(context.Background(), args)
	return outcome{status, f.out.String(), f.errs.String()}
}

// decoded is the document as another program sees it.
type decoded struct {
	File       string            `json:"file"`
	Error      string            `json:"error"`
	Anomalies  []json.RawMessage `json:"anomalies"`
	Requests   []json.RawMessage `json:"requests"`
	Places     []json.RawMessage `json:"places"`
	Heat       []json.RawMessage `json:"heat"`
	Verdicts   []json.RawMessage `json:"verdicts"`
	Goroutine  map[string]any    `json:"goroutine"`
	Totals     tracewatch.Totals `json:"totals"`
	Stats      map[string]any    `json:"stats"`
	Before     *decoded          `json:"before"`
	After      *decoded          `json:"after"`
	Comparison map[string]any    `json:"comparison"`
}

func decode(t *testing.T, text string) decoded {
	t.Helper()
	var d decoded
	decoder := json.NewDecoder(bytes.NewBufferString(text))
	require.NoError(t, decoder.Decode(&d), text)
	require.ErrorIs(t, decoder.Decode(&d), io.EOF, "one document")
	return d
}

// unmarshal decodes what a test needs of one.
func unmarshal(t *testing.T, text string, into any) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(text), into), text)
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
		require.NotNil(t, d.Requests, "none is an empty list")
		require.Len(t, d.Anomalies, len(report.Anomalies))
		require.Len(t, d.Verdicts, len(report.Verdicts))
		require.NotEmpty(t, d.Places)
		require.NotEmpty(t, d.Heat)
		require.EqualValues(t, report.Stats.Events, d.Stats["events"])
		require.EqualValues(t, report.Stats.Span, d.Stats["span_ns"])
		require.Contains(t, o.out, `"totals":{"sched_delay":{"count":`)
		require.Contains(t, o.out, `"sum_ns":`)
		require.Contains(t, o.out, `"max_ns":`)
	}
}

// TestStatus: nothing, something, or not done.
func TestStatus(t *testing.T) {
	_, fine := sample(t)
	leaking := leak(t)
	for _, c := range []struct {
		want int
		args []string
	}{
		{statusFine, []string{fine}},
		{statusFine, []string{"-json", fine}},
		{statusFine, []string{"-prom", fine}},
		{statusFound, []string{leaking}},
		{statusFound, []string{"-json", leaking}},
		{statusFound, []string{"-prom", leaking}},
		{statusFound, []string{"-min-severity", "info", leaking}},
		{statusFound, []string{leaking, "-min-severity=warning"}},
		{statusFine, []string{leaking, "-min-severity", "critical"}},
		{statusFine, []string{"-json", leaking, "-min-severity", "critical"}},
		{statusFine, []string{leaking, fine}}, // what leaked before does not any more
		{statusFound, []string{fine, leaking}},
		{statusFine, []string{fine, leaking, "-min-severity", "critical"}},
		{statusBroken, []string{fine, filepath.Join(fine, "nothing")}},
		{statusBroken, []string{fine, "-goroutine", "123456789"}},
		{statusBroken, []string{fine, "-since", "1h"}},
	} {
		o := start(nil, c.args...)
		require.Equal(t, c.want, o.status, "%v: %s", c.args, o.errors)
		require.Equal(t, c.want == statusBroken, o.errors != "", "%v: %s", c.args, o.errors)
	}
}

// TestSeverity: what does not count is not told, but counted.
func TestSeverity(t *testing.T) {
	file := leak(t)
	o := start(nil, file)
	require.Contains(t, o.out, "1 finding: goroutine-leak (warning)")
	require.Contains(t, o.out, "1. warning goroutine-leak at ")
	require.Len(t, decode(t, start(nil, "-json", file).out).Anomalies, 1)

	o = start(nil, file, "-min-severity", "critical")
	require.Contains(t, o.out, "nothing found (and 1 less severe)")
	require.NotContains(t, o.out, "goroutine-leak")
	require.Empty(t, decode(t, start(nil, "-json", file, "-min-severity", "critical").out).Anomalies)
}

// TestBroken: what is whole is printed, the error says where, the status tells programs.
func TestBroken(t *testing.T) {
	data, fine := sample(t)
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

	for _, args := range [][]string{{file, fine}, {fine, file}} {
		o = start(nil, args...)
		require.Equal(t, statusBroken, o.status)
		require.Contains(t, o.out, "NOT ALL OF IT")
		require.Contains(t, o.out, "nothing can be compared")
	}

	o = start(bytes.NewReader(data[:2_000]), "-")
	require.Equal(t, statusBroken, o.status)
	require.Contains(t, o.errors, "standard input: trace broken")
	require.Contains(t, o.errors, "nothing to report")
	require.NotContains(t, o.out, "totals")

	o = start(strings.NewReader(strings.Repeat("no trace ", 1e5)), "-")
	require.Equal(t, statusBroken, o.status)
	require.Contains(t, o.errors, "standard input: not a Go execution trace")
}

func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	for file, says := range map[string]string{
		filepath.Join(dir, "missing"): filepath.Join(dir, "missing"),
		dir:                           dir,
		store(t, []byte("this is no trace, but it is long enough")): "not a Go execution trace",
		store(t, nil): "not a Go execution trace",
	} {
		for _, args := range [][]string{{file}, {"-json", file}, {"-prom", file}, {file, file}} {
			o := start(nil, args...)
			require.Equal(t, statusBroken, o.status)
			require.Empty(t, o.out)
			require.Contains(t, o.errors, says)
			require.Contains(t, o.errors, file)
			require.Contains(t, o.errors, "-h says")
		}
	}
}

// TestOld reads the first format, of which there is no more than a part of what is told of the second.
func TestOld(t *testing.T) {
	files := make(map[string]string)
	for _, r := range recorded.Old() {
		files[r.String()] = store(t, recordedTrace(t, r.Go, r.Name))
	}
	for seed := range uint64(3) {
		for _, version := range []int{11, 19, 21} {
			files[fmt.Sprint("random ", seed, ", format of 1.", version)] = store(t, oldgen.Random(seed, oldgen.Shape{Version: version, Events: 2_000}))
		}
	}
	for name, file := range files {
		o := start(nil, file)
		require.NotEqual(t, statusBroken, o.status, "%s: %s", name, o.errors)
		require.Contains(t, o.out, "it does not tell the time of day", name)
		require.Contains(t, o.out, "format of Go 1.", name)
		o = start(nil, "-json", file)
		require.NotEqual(t, statusBroken, o.status, name)
		require.NotZero(t, decode(t, o.out).Totals.SchedDelay.Count, name)
		o = start(nil, file, "-since", "15:04:05")
		require.Equal(t, statusBroken, o.status, name)
		require.Contains(t, o.errors, "does not tell the time of day", name)
	}
}

// TestInterrupted: Ctrl-C ends a reading that waits for a pipe.
func TestInterrupted(t *testing.T) {
	data, _ := sample(t)
	dir := t.TempDir()
	for _, args := range [][]string{{"-json", "-"}, {"-"}, {"-since", "15:04", "-"}, {"-pprof", "sched=" + filepath.Join(dir, "x"), "-"}} {
		stdin, feed := io.Pipe()
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			_, _ = feed.Write(data[:len(data)/2])
			cancel()
		}()
		var stdout, stderr bytes.Buffer
		require.Equal(t, statusBroken, run(ctx, args, stdin, &stdout, &stderr))
		require.Empty(t, stdout.String(), "no half document")
		require.Equal(t, "tracereport: interrupted, nothing is printed or written\n", stderr.String())
		require.NoError(t, feed.Close())
	}
	require.Empty(t, names(t, dir))
}

// TestFullDisk: a report that cannot be written is an error.
func TestFullDisk(t *testing.T) {
	_, file := sample(t)
	for _, args := range [][]string{{file}, {"-json", file}, {"-prom", file}, {"-pprof", "sched=-", file}, {file, file}, {"-h"}} {
		var stderr bytes.Buffer
		require.Equal(t, statusBroken, run(context.Background(), args, nil, full{}, &stderr))
		require.Contains(t, stderr.String(), "no space left")
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }
