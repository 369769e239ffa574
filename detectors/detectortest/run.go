package detectortest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/gotracewatch/tracewatch/detectors"
)

// Run lets a detector watch the traces of files, each in a subtest of its own, and fails for
// whatever it says of them that is not expected. A name may be a pattern as
// [filepath.Glob] has them, which must match a file.
func Run(t *testing.T, d detectors.Detector, files ...string) {
	t.Helper()
	if len(files) == 0 {
		t.Fatal("detectortest: no file is named")
	}
	for _, pattern := range files {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatalf("detectortest: %q: %v", pattern, err)
		}
		if len(names) == 0 {
			t.Fatalf("detectortest: there is no file %q", pattern)
		}
		for _, name := range names {
			t.Run(filepath.Base(name), func(t *testing.T) {
				t.Helper()
				text, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				if err := Check(d, name, text); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// Check is [Run] of one text. Its error is nil, or says in a line or more for each what was
// not as expected, with the text's name and line, and after that what the detector said of
// the window, in the form in which it would be expected.
func Check(d detectors.Detector, name string, text []byte) error {
	sc, err := read(name, text)
	if err != nil {
		return err
	}
	if len(sc.expects) == 0 {
		return fmt.Errorf("%s:1: nothing is expected: say so with expect silent", name)
	}
	trace, names, err := sc.play()
	if err != nil {
		return err
	}
	all, err := watch(d, trace, sc.lost)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	x := &examiner{scene: sc, kind: d.Spec().Kind, names: names, all: all}
	x.examine()
	var wrong []error
	for _, m := range x.wrong {
		wrong = append(wrong, fmt.Errorf("%s:%d: %s", name, m.line, m.text))
	}
	return errors.Join(wrong...)
}

// Read returns the trace that a text describes, in the runtime's format. What it expects is
// read and not used. The name is for errors. Windows that are lost are not in the trace, but
// for those of Go 1.25 and older, whose format knows no gaps.
func Read(name string, text []byte) (trace []byte, err error) {
	sc, err := read(name, text)
	if err != nil {
		return nil, err
	}
	trace, _, err = sc.play()
	return trace, err
}
