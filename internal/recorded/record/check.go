package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/exp/trace"
)

// counts is what a trace has.
type counts struct {
	events, generations, goroutines int
}

// check reads the trace to its end with the reference reader and makes sure
// that it names nothing of this machine.
func check(raw []byte, workDir string) (counts, error) {
	if err := checkNames(raw, workDir); err != nil {
		return counts{}, err
	}
	r, err := trace.NewReader(bytes.NewReader(raw))
	if err != nil {
		return counts{}, err
	}
	// One sync stands at the start of every generation and one at the end.
	c := counts{generations: -1}
	seen := make(map[trace.GoID]bool)
	for {
		ev, err := r.ReadEvent()
		if errors.Is(err, io.EOF) {
			c.goroutines = len(seen)
			return c, nil
		}
		if err != nil {
			return c, err
		}
		c.events++
		switch ev.Kind() {
		case trace.EventSync:
			c.generations++
		case trace.EventStateTransition:
			if res := ev.StateTransition().Resource; res.Kind == trace.ResourceGoroutine {
				seen[res.Goroutine()] = true
			}
		}
		for frame := range ev.Stack().Frames() {
			if strings.HasPrefix(frame.File, "/") || filepath.IsAbs(frame.File) {
				return c, fmt.Errorf("a stack names the file %s", frame.File)
			}
		}
	}
}

// checkNames looks for this machine's directories anywhere in the trace: in its
// string tables too, where a string may stand that no event uses.
func checkNames(raw []byte, workDir string) error {
	cwd, err := os.Getwd()
	if err != nil {
		return err
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return err
	}
	for _, dir := range []string{workDir, os.TempDir(), cwd, home} {
		// A short one such as / would be found anywhere.
		if len(dir) >= 4 && bytes.Contains(raw, []byte(dir)) {
			return fmt.Errorf("it holds the name of a directory of this machine: %s", dir)
		}
	}
	return nil
}
