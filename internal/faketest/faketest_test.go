package faketest_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/faketest"
)

func TestRun(t *testing.T) {
	var order []string
	r := faketest.Run("TestX", func(t testing.TB) {
		t.Cleanup(func() { order = append(order, "first registered") })
		t.Cleanup(func() { t.FailNow() })
		t.Cleanup(func() { panic("oh") })
		t.Logf("I am %s", t.Name())
		_, err := fmt.Fprintln(t.Output(), "and say so")
		require.NoError(t, err)
		t.Fatal("until here")
		t.Error("not here")
	})
	require.True(t, r.Failed)
	require.Equal(t, "oh", r.Panic)
	require.Equal(t, []string{"first registered"}, order)
	require.Equal(t, "until here\n", r.Errors)
	require.Contains(t, r.Log, "I am TestX\nand say so\nuntil here\n")
}

func TestPasses(t *testing.T) {
	require.Equal(t, faketest.Result{}, faketest.Run("TestX", func(testing.TB) {}))
}

func TestTooLate(t *testing.T) {
	var late testing.TB
	faketest.Run("TestX", func(t testing.TB) { late = t })
	require.Panics(t, func() { late.Log("too late") })
}

// A fake does what the testing package's test does, in the same order.
func TestLikeReal(t *testing.T) {
	real := record(func(run func(testing.TB)) { t.Run("real", func(t *testing.T) { run(t) }) })
	fake := record(func(run func(testing.TB)) {
		require.Equal(t, faketest.Result{Skipped: "enough"}, faketest.Run("fake", run))
	})
	require.Equal(t, real, fake)
}

const variable = "FAKETEST_VARIABLE"

func record(start func(run func(testing.TB))) (did []string) {
	var dir string
	before := os.Getenv(variable)
	start(func(t testing.TB) {
		say := func(what string) { did = append(did, what) }
		dir = t.TempDir()
		if t.TempDir() == dir || t.ArtifactDir() == "" {
			say("no directories of its own")
		}
		t.Setenv(variable, "on")
		t.Cleanup(func() {
			say("first registered")
			if t.Context().Err() == nil {
				say("the context is not cancelled")
			}
			if _, err := os.Stat(dir); err != nil {
				say("the directory is gone early")
			}
		})
		t.Cleanup(func() {
			t.Cleanup(func() { say("registered by a cleanup") })
			t.Skip("enough")
		})
		t.Cleanup(func() { say("last registered") })
		if t.Context().Err() != nil {
			say("the context is cancelled early")
		}
		t.SkipNow()
	})
	if _, err := os.Stat(dir); err == nil {
		did = append(did, "the directory is still there")
	}
	if os.Getenv(variable) != before {
		did = append(did, "the environment is not as it was")
	}
	return did
}
