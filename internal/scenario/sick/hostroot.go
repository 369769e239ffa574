package sick

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// hostRoot names the directory in which a program imitates the machine's /proc and /sys. It exists
// from the program's Start until its Stop, and one program of a process at a time can have it.
func hostRoot(name string) string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("sick-%s-%d", name, os.Getpid()))
}

// imitate makes a host's root with some files, for Stop to remove. The names are as on the machine,
// without the leading slash.
func (s *stage) imitate(root string, files map[string]string) error {
	if err := os.Mkdir(root, 0o700); err != nil {
		return err
	}
	s.afterStop(func() error { return os.RemoveAll(root) })
	for name, content := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), replaceFile(path, content)); err != nil {
			return err
		}
	}
	return nil
}

// replaceFile has readers see the old content or the new one, as in the kernel's own files.
func replaceFile(path, content string) error {
	if err := os.WriteFile(path+".new", []byte(content), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}
