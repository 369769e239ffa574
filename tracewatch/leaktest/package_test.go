package leaktest_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/tracewatch"
	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

// The tests, benchmarks and fuzz functions that the processes below run.

func TestChildLeaks(t *testing.T) {
	inChild(t)
	grandchild(make(chan int))
}

func TestChildLeaksChecked(t *testing.T) {
	inChild(t)
	leaktest.Check(t, soon)
	grandchild(make(chan int))
}

func TestChildFails(t *testing.T) {
	inChild(t)
	t.Error("for a reason of its own")
}

func TestChildPasses(t *testing.T) {
	inChild(t)
	t.Parallel()
	leaktest.Check(t)
	healthy()
}

func TestChildPassesToo(t *testing.T) {
	inChild(t)
	t.Parallel()
	leaktest.Check(t)
	for _, name := range []string{"a", "b", "c"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			leaktest.Check(t)
			healthy()
		})
	}
}

func healthy() {
	done := make(chan bool)
	go func() { go close(done) }()
	<-done
}

func BenchmarkChild(b *testing.B) {
	leaktest.Check(b)
	for b.Loop() {
		healthy()
	}
}

func BenchmarkChildLeaks(b *testing.B) {
	inChild(b)
	leaktest.Check(b, soon)
	go stuck(make(chan int))
	for b.Loop() { // it is about what was started before
	}
}

func BenchmarkChildParallel(b *testing.B) {
	leaktest.Check(b)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			healthy()
		}
	})
}

func FuzzChild(f *testing.F) {
	leaktest.Check(f)
	f.Add(1)
	f.Fuzz(func(t *testing.T, _ int) {
		leaktest.Check(t, soon)
		healthy()
	})
}

// What goes through a package's whole run, and what becomes of it.
func TestMainRuns(t *testing.T) {
	for name, c := range map[string]struct {
		mode   string
		args   []string
		fails  bool
		says   []string
		silent []string
	}{
		"nothing leaks": {mode: childMain, args: []string{"-test.run=ChildPasses"}, silent: []string{"leaktest:"}},
		"many times, in any order": {mode: childMain, args: []string{"-test.run=ChildPasses", "-test.count=20", "-test.cpu=1,2,4", "-test.shuffle=on"},
			silent: []string{"leaktest:"}},
		"a test leaks": {mode: childMain, args: []string{"-test.run=ChildLeaks$"}, fails: true,
			says:   []string{"1 goroutine still alive", "leaktest_test.stuck", "leaktest_test.grandchild ", "leaktest_test.TestChildLeaks "},
			silent: []string{"not known", "no trace"}},
		"a checked test leaks": {mode: childMain, args: []string{"-test.run=ChildLeaksChecked"}, fails: true,
			says: []string{"1 goroutine that TestChildLeaksChecked started is still alive"}, silent: []string{"after the tests ended"}},
		"both": {mode: childMain, args: []string{"-test.run=ChildLeaks"}, fails: true,
			says: []string{"1 goroutine that TestChildLeaksChecked started is still alive", "1 goroutine still alive", "leaktest_test.TestChildLeaks "}},
		"a test fails":   {mode: childMain, args: []string{"-test.run=ChildFails"}, fails: true, silent: []string{"leaktest:"}},
		"it is ignored":  {mode: childIgnores, args: []string{"-test.run=ChildLeaks"}, silent: []string{"leaktest:"}},
		"a wrong option": {mode: childMistaken, args: []string{"-test.run=ChildPasses"}, fails: true, says: []string{`IgnoreFunction("stuck"): not the name`}},
		"nothing is run": {mode: childMain, args: []string{"-test.list=ChildPasses"}, says: []string{"TestChildPasses"}, silent: []string{"leaktest:"}},
		"benchmarks":     {mode: childMain, args: []string{"-test.run=^$", "-test.bench=BenchmarkChild(Parallel)?$", "-test.benchtime=10x"}, says: []string{"BenchmarkChildParallel"}, silent: []string{"leaktest:"}},
		"a benchmark leaks": {mode: childMain, args: []string{"-test.run=^$", "-test.bench=BenchmarkChildLeaks", "-test.benchtime=10x"}, fails: true,
			says: []string{"1 goroutine that BenchmarkChildLeaks started is still alive"}},
		"fuzz seeds": {mode: childMain, args: []string{"-test.run=FuzzChild"}, silent: []string{"leaktest:"}},
		"fuzzing":    {mode: childMain, args: []string{"-test.run=^$", "-test.fuzz=FuzzChild", "-test.fuzztime=200x", "-test.fuzzcachedir=" + t.TempDir()}, silent: []string{"leaktest:"}},
		"without Main": {mode: childBare, args: []string{"-test.run=ChildPasses|ChildLeaksChecked", "-test.count=3"}, fails: true,
			says: []string{"1 goroutine that TestChildLeaksChecked started is still alive", "leaktest_test.grandchild "}, silent: []string{"ChildPasses", "no trace"}},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := child(t, c.mode, c.args...)
			require.Equal(t, c.fails, err != nil, "%v\n%s", err, out)
			for _, s := range c.says {
				require.Contains(t, out, s)
			}
			for _, s := range c.silent {
				require.NotContains(t, out, s)
			}
		})
	}
}

// go test -trace has its trace, and the check has one too.
func TestTraceFlag(t *testing.T) {
	for _, mode := range []string{childMain, childBare} {
		name := filepath.Join(t.TempDir(), "trace")
		out, err := child(t, mode, "-test.run=ChildLeaksChecked|ChildPasses", "-test.trace="+name)
		require.Error(t, err, out)
		require.Contains(t, out, "1 goroutine that TestChildLeaksChecked started is still alive")
		require.Contains(t, out, "leaktest_test.grandchild ")
		requireTrace(t, name)
	}
}

// The trace of a test that fails is its artifact.
func TestArtifact(t *testing.T) {
	dir := t.TempDir()
	out, err := child(t, childBare, "-test.run=ChildLeaksChecked", "-test.artifacts", "-test.outputdir="+dir)
	require.Error(t, err, out)
	_, name, found := strings.Cut(out, "The trace is kept in ")
	require.True(t, found, out)
	name, _, _ = strings.Cut(name, ": go tool trace")
	require.True(t, strings.HasPrefix(name, dir), name)
	requireTrace(t, name)

	out, _ = child(t, childBare, "-test.run=ChildLeaksChecked")
	require.Contains(t, out, "go test -artifacts keeps the trace")
}

// Where there can be no artifacts the report is what there is.
func TestNoArtifact(t *testing.T) {
	out, err := child(t, childBare, "-test.run=ChildNoArtifacts", "-test.artifacts", "-test.outputdir="+t.TempDir())
	require.Error(t, err)
	require.Contains(t, out, "1 goroutine that TestChildNoArtifacts started is still alive")
}

func TestChildNoArtifacts(t *testing.T) {
	inChild(t)
	leaktest.Check(t, soon)
	dir := flag.Lookup("test.outputdir").Value.String()
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "_artifacts")))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "_artifacts"), nil, 0o600))
	go stuck(make(chan int))
}

// requireTrace requires that a file is a trace that can be read.
func requireTrace(t *testing.T, name string) {
	t.Helper()
	f, err := os.Open(name)
	require.NoError(t, err)
	defer f.Close()
	report, err := tracewatch.Analyze(t.Context(), f)
	require.NoError(t, err)
	require.Positive(t, report.Stats.Events)
}
