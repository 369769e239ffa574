package detectortest

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/gotracewatch/tracewatch/detectors"
)

// texts returns the files here and those that test the built-in detectors.
func texts(t testing.TB) map[string][]byte {
	t.Helper()
	all := make(map[string][]byte)
	for _, pattern := range []string{"testdata/*.txt", "../testdata/*/*.txt", "../testdata/*/*/*.txt"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("no file %s (%v)", pattern, err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all[name] = text
		}
	}
	return all
}

// Whatever the text, it is read or it is an error, and never a panic. A trace that comes of
// it is one that can be watched.
func FuzzRead(f *testing.F) {
	for _, text := range texts(f) {
		if len(text) < 2000 {
			f.Add(bytes.ReplaceAll(text, []byte("2000"), []byte("20")))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		sc, err := read("f", text)
		if err != nil || len(sc.steps) > 1<<12 || sc.goroutines > 1<<10 || sc.windows > 1<<6 || sc.procs > 1<<6 {
			return // what is long takes long, here and in watching
		}
		trace, _, err := sc.play()
		if err != nil {
			return
		}
		if _, err := watch(detectors.SchedDelay{}, trace, sc.lost); err != nil {
			t.Fatal(err)
		}
	})
}
