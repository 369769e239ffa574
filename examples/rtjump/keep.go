package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// keep writes the two traces into a directory: both, or none.
func (r *result) keep(dir string, notes io.Writer) error {
	var written []string
	for i, trace := range r.traces {
		name := filepath.Join(dir, fmt.Sprintf("rtjump-%s-v%d.trace", r.cause.name, i+1))
		written = append(written, name)
		if err := os.WriteFile(name, trace, 0o600); err != nil {
			for _, name := range written {
				os.Remove(name)
			}
			return err
		}
	}
	fmt.Fprintf(notes, "kept %s and %s, for go tool trace\n", written[0], written[1])
	return nil
}
