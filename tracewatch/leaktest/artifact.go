package leaktest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// artifact writes the trace where the test keeps its artifacts, and says where.
func (p *checks) artifact(t testing.TB) string {
	if !p.recording.has() {
		return ""
	}
	if flagOf("test.artifacts") != "true" {
		return "\ngo test -artifacts keeps the trace."
	}
	f, err := createNew(t.ArtifactDir(), "leak", ".trace")
	if err != nil {
		return fmt.Sprintf("\nThe trace was not kept: %v.", err)
	}
	err = p.recording.writeTo(f)
	if also := f.Close(); err == nil {
		err = also
	}
	if err != nil {
		_ = os.Remove(f.Name()) // half a trace is worse than none
		return fmt.Sprintf("\nThe trace was not kept: %v.", err)
	}
	return fmt.Sprintf("\nThe trace is kept in %s: go tool trace shows it.", f.Name())
}

// createNew creates a file that was not there: a test may be checked more than once.
func createNew(dir, name, ext string) (*os.File, error) {
	for n := 1; ; n++ {
		file := name + ext
		if n > 1 {
			file = fmt.Sprintf("%s-%d%s", name, n, ext)
		}
		f, err := os.OpenFile(filepath.Join(dir, file), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if !errors.Is(err, fs.ErrExist) || n == 100 {
			return f, err
		}
	}
}
