package main

import (
	"os"
	"slices"
	"testing"
)

// A fake does what the testing package's test does, in the same order.
func TestFakeIsLikeReal(t *testing.T) {
	real := record(func(run func(testing.TB)) { t.Run("real", func(t *testing.T) { run(t) }) })
	fake := record(func(run func(testing.TB)) {
		f := newFake("fake")
		f.run(func() { run(f) })
		if f.skippedWhy() != "enough" {
			t.Errorf("skipped because of %q", f.skippedWhy())
		}
	})
	if !slices.Equal(real, fake) {
		t.Errorf("a real one does\n%q,\nthe fake\n%q", real, fake)
	}
}

func record(start func(run func(testing.TB))) (did []string) {
	var dir string
	before := os.Getenv("SIDEBYSIDE_TEST")
	start(func(t testing.TB) {
		say := func(what string) { did = append(did, what) }
		dir = t.TempDir()
		if t.TempDir() == dir || t.ArtifactDir() == "" {
			say("no directories of its own")
		}
		t.Setenv("SIDEBYSIDE_TEST", "on")
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
	if os.Getenv("SIDEBYSIDE_TEST") != before {
		did = append(did, "the environment is not as it was")
	}
	return did
}

// FailNow ends the function, and the cleanups run all the same.
func TestFakeFails(t *testing.T) {
	f := newFake("fake")
	cleaned, returned := false, false
	f.run(func() {
		f.Cleanup(func() { cleaned = true })
		f.Fatal("wrong")
		returned = true
	})
	if !f.Failed() || !cleaned || returned || f.text() != "wrong\n" {
		t.Errorf("failed %t, cleaned %t, returned %t, said %q", f.Failed(), cleaned, returned, f.text())
	}
}
