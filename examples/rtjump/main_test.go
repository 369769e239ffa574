package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/tracewatch"
	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

// TestJump has each cause found: the right dimension has at least 80 % of the jump, the right function
// is named first, and no more than 5 % is unknown.
func TestJump(t *testing.T) {
	for _, c := range causes() {
		t.Run(c.name, func(t *testing.T) {
			each := 2500 * time.Millisecond
			switch {
			case c.name == "gcassist":
				each = 7 * time.Second // its requests are few
			case c.name == "sched", c.name == "preempt":
				each = 4 * time.Second // so are these, if the machine is busy
			}
			if testing.Short() && c.name != "lock" {
				t.Skip("-short: the one that is run shows how a cause is found; each takes five seconds and more, of processor time but for that one")
			}
			leaktest.Check(t, leaktest.Grace(patience))
			r, err := find(t.Context(), &c, each, t.Logf)
			require.NoError(t, err)

			v := &r.comparison.Verdict
			change := asked(t, r)
			j := &change.P99
			t.Logf("%s: share %.3f, unknown %.3f, in %s; P99 %v to %v of %d and %d requests", c.name,
				v.Share, j.Share(detectors.DimUnknown), function(v.Site), j.Before, j.After, change.CountBefore, change.CountAfter)
			t.Logf("parts %v: %s", j.Parts, v.Sentence)
			require.Equal(t, c.dimension.String(), v.Dimension.String())
			require.Equal(t, c.site, function(v.Site))
			require.LessOrEqual(t, math.Abs(j.Share(detectors.DimUnknown)), 0.05)
			require.Greater(t, j.Change, 150*time.Millisecond)
			require.GreaterOrEqual(t, min(change.CountBefore, change.CountAfter), uint64(100), "enough for a P99")
			require.NotEmpty(t, v.Chain)
			if c.shares == nil {
				require.GreaterOrEqual(t, v.Share, least)
			}
			for d, share := range c.shares {
				require.InDelta(t, share, j.Share(d), 0.15, d.String())
			}
			printed(t, r)
		})
	}
}

// asked returns what became of the requests, which all have the same name.
func asked(t *testing.T, r *result) *tracewatch.Change {
	t.Helper()
	require.Len(t, r.comparison.Requests, 1)
	require.Equal(t, "GET /quote", r.comparison.Requests[0].Name)
	return &r.comparison.Requests[0]
}

// printed holds that what is printed says what was found.
func printed(t *testing.T, r *result) {
	t.Helper()
	v := &r.comparison.Verdict
	var text, document bytes.Buffer
	require.NoError(t, r.text(&text))
	for _, part := range []string{"the P99 of GET /quote rose", "version 1", v.Dimension.String(), v.Site.Short(), "one of the slowest", r.cause.site} {
		require.Contains(t, text.String(), part)
	}
	require.LessOrEqual(t, strings.Count(text.String(), "\n"), 50, "one screen")

	require.NoError(t, r.json(&document))
	var d struct {
		Cause    string `json:"cause"`
		Expected struct {
			Dimension string             `json:"dimension"`
			Function  string             `json:"function"`
			Shares    map[string]float64 `json:"shares"`
		} `json:"expected"`
		Comparison struct {
			Verdict struct {
				Sentence  string  `json:"sentence"`
				Dimension string  `json:"dimension"`
				Share     float64 `json:"share"`
			} `json:"verdict"`
			Requests []json.RawMessage `json:"requests"`
		} `json:"comparison"`
	}
	decoder := json.NewDecoder(&document)
	require.NoError(t, decoder.Decode(&d))
	require.ErrorIs(t, decoder.Decode(&d), io.EOF, "one document")
	require.Equal(t, r.cause.name, d.Cause)
	require.Equal(t, r.cause.site, d.Expected.Function)
	require.Equal(t, d.Expected.Dimension, d.Comparison.Verdict.Dimension)
	require.NotZero(t, d.Expected.Shares[d.Expected.Dimension])
	require.Equal(t, v.Sentence, d.Comparison.Verdict.Sentence)
	require.InDelta(t, v.Share, d.Comparison.Verdict.Share, 1e-9)
	require.Len(t, d.Comparison.Requests, 1)
}

// outcome is what a run left behind.
type outcome struct {
	status      int
	out, errors string
}

func started(ctx context.Context, args ...string) outcome {
	var stdout, stderr bytes.Buffer
	status := run(ctx, args, &stdout, &stderr)
	return outcome{status, stdout.String(), stderr.String()}
}

func TestKeep(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: it runs both versions")
	}
	dir := filepath.Join(t.TempDir(), "new")
	o := started(t.Context(), "-cause", "netpoll", "-for", "2s", "-keep", dir)
	require.Equal(t, statusFine, o.status, o.errors)
	require.Contains(t, o.out, "(*backend).ask")
	require.Contains(t, o.errors, "version 2: running")
	for _, name := range []string{"rtjump-netpoll-v1.trace", "rtjump-netpoll-v2.trace"} {
		f, err := os.Open(filepath.Join(dir, name))
		require.NoError(t, err)
		defer f.Close()
		r, err := tracewatch.Analyze(t.Context(), f)
		require.NoError(t, err)
		require.Len(t, r.Requests, 1)
	}
}

// TestInterrupted: Ctrl-C leaves no goroutine, no file and no half answer.
func TestInterrupted(t *testing.T) {
	leaktest.Check(t, leaktest.Grace(patience))
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Second, cancel)
	o := started(ctx, "-cause", "sched", "-keep", dir)
	require.Equal(t, statusFailed, o.status)
	require.Empty(t, o.out)
	require.Contains(t, o.errors, "interrupted")
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, files)
}

// TestTaken: a flight recorder that somebody else has is an error that says so, and nothing is left.
func TestTaken(t *testing.T) {
	leaktest.Check(t, leaktest.Grace(patience))
	w, err := tracewatch.Start(t.Context())
	require.NoError(t, err)
	defer w.Stop()
	o := started(t.Context())
	require.Equal(t, statusFailed, o.status)
	require.Empty(t, o.out)
	require.Contains(t, o.errors, "flight recorder")
}

func TestUsage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for _, c := range []struct {
		status int
		says   string
		args   []string
	}{
		{statusUsage, `"fire"`, []string{"-cause", "fire"}},
		{statusUsage, "-for 1s", []string{"-for", "1s"}},
		{statusUsage, `"lock"`, []string{"lock"}},
		{statusUsage, "-color", []string{"-color"}},
		{statusFailed, file, []string{"-keep", file}},
	} {
		o := started(t.Context(), c.args...)
		require.Equal(t, c.status, o.status, c.args)
		require.Empty(t, o.out)
		require.Contains(t, o.errors, c.says)
	}
	o := started(t.Context(), "-h")
	require.Equal(t, statusFine, o.status)
	require.Empty(t, o.errors)
	for _, c := range causes() {
		require.Contains(t, o.out, c.name)
	}
}

// TestFullDisk: an answer that cannot be written is an error.
func TestFullDisk(t *testing.T) {
	c := lockCause()
	r := &result{cause: &c, comparison: &tracewatch.Comparison{}, reports: [2]*tracewatch.Report{{}, {}}}
	require.Error(t, r.text(full{}))
	require.Error(t, r.json(full{}))
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }
