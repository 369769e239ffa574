package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/scenario"
	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

// TestMain is also the child's: runs are made by the same executable.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == childArg {
		os.Exit(childMain(os.Args[2], os.Stdin, os.Stdout, os.Stderr))
	}
	leaktest.Main(m)
}

// temporary makes a directory for everything that is temporary, and returns a check that nothing is
// left in it.
func temporary(t *testing.T) (empty func()) {
	dir := t.TempDir()
	for _, name := range []string{"TMPDIR", "TMP"} {
		t.Setenv(name, dir)
	}
	return func() {
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, left)
	}
}

// One healthy program and one fault, through the real child process.
func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	empty := temporary(t)
	o := options{runs: 1, only: regexp.MustCompile("^(idle|shop-slow-store)$"), strengths: []scenario.Strength{scenario.Severe}, verbose: true, dumps: t.TempDir(), healthy: 4 * time.Second}
	var stdout, stderr bytes.Buffer
	_, err := run(t.Context(), o, programs(), &stdout, &stderr)
	t.Logf("%s\n%s", &stderr, &stdout)
	require.NoError(t, err)
	require.Regexp(t, `(?m)^shop-slow-store severe +1/1 .* 1\+ .* 1/1 `, stdout.String())
	require.Regexp(t, `(?m)^idle  +\.( +\.)+$`, stdout.String())
	require.Regexp(t, `(?m)^severe faults found +100% \(1 of 1\)`, stdout.String())
	require.Regexp(t, `(?m)^runs that failed +0% \(0 of 2\)`, stdout.String())
	require.Regexp(t, `\[2/2, +\d+ s left\] idle\n    silent`, stderr.String())
	traces, err := filepath.Glob(filepath.Join(o.dumps, "shop-slow-store-severe-1", "*.trace"))
	require.NoError(t, err)
	require.NotEmpty(t, traces, "dumps are kept where they were wanted")
	empty()
}

func TestRunIsInterrupted(t *testing.T) {
	empty := temporary(t)
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	o := options{runs: 1, only: regexp.MustCompile("^idle$"), healthy: time.Minute}
	var stdout, stderr bytes.Buffer
	begun := time.Now()
	good, err := run(ctx, o, programs(), &stdout, &stderr)
	require.ErrorContains(t, err, "interrupted")
	require.False(t, good)
	require.Empty(t, stdout.String())
	require.Less(t, time.Since(begun), 10*time.Second, "the child ended by itself and was not killed")
	empty()
}

func TestChildFails(t *testing.T) {
	empty := temporary(t)
	_, err := runChild(t.Context(), order{Scenario: "no-such-thing"})
	require.ErrorContains(t, err, `there is no scenario "no-such-thing"`)
	empty()
}

func TestNothingMatches(t *testing.T) {
	_, err := run(t.Context(), options{runs: 1, only: regexp.MustCompile("^nothing$")}, programs(), os.Stdout, os.Stderr)
	require.ErrorContains(t, err, "matches no scenario")
}

func TestParse(t *testing.T) {
	var stderr bytes.Buffer
	o, err := parse(nil, &stderr)
	require.NoError(t, err)
	require.Equal(t, 1, o.runs)
	require.Len(t, o.strengths, 2)
	require.True(t, o.only.MatchString("anything"))

	o, err = parse([]string{"-runs", "3", "-strength", "mild", "-only", "^a", "-json", "-dumps", "d", "-v", "-healthy", "1m"}, &stderr)
	require.NoError(t, err)
	require.Equal(t, options{runs: 3, only: regexp.MustCompile("^a"), strengths: []scenario.Strength{scenario.Mild}, json: true, dumps: "d", verbose: true, healthy: time.Minute}, o)

	for want, args := range map[string][]string{
		"-strength": {"-strength", "worse"},
		"-only":     {"-only", "("},
		"-runs":     {"-runs", "0"},
		"-healthy":  {"-healthy", "1s"},
		"argument":  {"shop"},
	} {
		_, err := parse(args, &stderr)
		require.ErrorContains(t, err, want)
	}

	stderr.Reset()
	_, err = parse([]string{"-h"}, &stderr)
	require.ErrorIs(t, err, flag.ErrHelp)
	for _, want := range []string{"go run ./internal/scenario/scoreboard", "-strength", "WRONG", "exit status"} {
		require.Contains(t, stderr.String(), want)
	}
	require.NotContains(t, stderr.String(), childArg, "nobody is to type that")
}

// Every scenario can be told from the others by its name.
func TestPrograms(t *testing.T) {
	seen := make(map[string]bool)
	for _, s := range programs() {
		require.False(t, seen[s.Name], "%s is there twice", s.Name)
		seen[s.Name] = true
	}
}
