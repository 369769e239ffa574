package leaktest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gotracewatch/tracewatch/detectors"
)

// placeOf returns a stack without the frames at its inner end that are how Go waits, not where: the runtime's, and those
// of locks and of time.
func placeOf(frames []detectors.Frame) []detectors.Frame {
	how := func(f detectors.Frame) bool {
		for _, p := range []string{"runtime.", "internal/", "sync.", "time."} {
			if strings.HasPrefix(f.Func, p) {
				return true
			}
		}
		return false
	}
	for len(frames) > 1 && how(frames[0]) {
		frames = frames[1:]
	}
	return frames
}

// userFrames returns the frames of a stack that are not in Go's own packages, or all if there is no other.
func userFrames(frames []detectors.Frame) []detectors.Frame {
	user := slices.DeleteFunc(slices.Clone(frames), isStandard)
	if len(user) == 0 {
		return frames
	}
	return user
}

// isStandard reports whether a frame is in Go's own packages. The functions that sync.OnceFunc and its like make have the name of who
// called those, where the compiler puts them there.
func isStandard(f detectors.Frame) bool {
	return detectors.IsStandard(f.Func) || strings.HasSuffix(f.File, "/sync/oncefunc.go")
}

// short is a function's name without the path of its package.
func short(fn string) string { return detectors.Site{Func: fn}.Short() }

// location writes where a frame is: relative to a directory if it is below, or for a package of a module or of Go relative to
// where such are kept.
func location(f detectors.Frame, dir string) string {
	file := f.File
	if rel, err := filepath.Rel(dir, file); err == nil && !strings.HasPrefix(rel, "..") {
		file = rel
	} else if _, module, found := strings.Cut(file, "/pkg/mod/"); found && !isStandard(f) {
		file = module
	} else if i := strings.LastIndex(file, "/src/"); i >= 0 && isStandard(f) {
		file = file[i+len("/src/"):]
	}
	return fmt.Sprintf("%s:%d", file, f.Line)
}

// here is the directory that a test runs in: its package's.
func here() string {
	dir, err := os.Getwd()
	if err != nil {
		return "" // then no path is relative to it
	}
	return dir
}
