package faketest_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/faketest"
)

func TestRun(t *testing.T) {
	var order []string
	var dir string
	r := faketest.Run("TestX", func(t testing.TB) {
		t.Cleanup(func() { order = append(order, "first registered") })
		t.Cleanup(func() { t.FailNow() })
		t.Cleanup(func() { panic("oh") })
		t.Cleanup(func() {
			if t.Context().Err() == nil {
				t.Error("the context is not cancelled")
			}
			t.Cleanup(func() { order = append(order, "registered by a cleanup") })
		})
		dir = t.TempDir()
		t.Logf("I am %s", t.Name())
		t.Fatal("and end here")
		t.Error("not here")
	})
	require.True(t, r.Failed)
	require.Equal(t, "oh", r.Panic)
	require.Equal(t, []string{"registered by a cleanup", "first registered"}, order)
	require.Equal(t, "and end here\n", r.Errors)
	require.Contains(t, r.Log, "I am TestX\nand end here\n")
	_, err := os.Stat(dir)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestSkip(t *testing.T) {
	r := faketest.Run("TestX", func(t testing.TB) { t.Skip("not today") })
	require.Equal(t, faketest.Result{Skipped: true, Log: "not today\n"}, r)
}

func TestPasses(t *testing.T) {
	require.Equal(t, faketest.Result{}, faketest.Run("TestX", func(testing.TB) {}))
}
