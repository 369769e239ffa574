package tracewatch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/gotracewatch/tracewatch/internal/allocs"
)

// dumper writes anomalies into a directory and keeps it within its limits. It is used
// by one goroutine at a time.
type dumper struct {
	dir      string
	maxDumps int
	maxBytes int64
	seq      int
}

// dumpName is what the dumper's files are called, and nothing else is ever removed:
// tracewatch-20060102T150405.000Z-0001-KIND.trace, .json and .allocs.pb.gz.
var dumpName = regexp.MustCompile(`^(tracewatch-\d{8}T\d{6}\.\d{3}Z-\d{4,}-[a-z0-9-]{1,40})\.(trace|json|allocs\.pb\.gz)$`)

// newDumper makes the directory.
func newDumper(cfg *config) (*dumper, error) {
	if err := os.MkdirAll(cfg.dumpDir, 0o700); err != nil {
		return nil, fmt.Errorf("%w: WithDumpDir: %w", ErrOption, err)
	}
	return &dumper{dir: cfg.dumpDir, maxDumps: cfg.dumpFiles, maxBytes: cfg.dumpBytes}, nil
}

// write writes an anomaly's trace and its description. The trace is there, whole,
// before the description is, and each appears under its name all at once.
func (d *dumper) write(a *Anomaly) error {
	if a.size() == 0 {
		return ErrNoTrace
	}
	d.seq++
	at := a.End
	if at.IsZero() {
		at = time.Now()
	}
	base := fmt.Sprintf("tracewatch-%s-%04d-%s", at.UTC().Format("20060102T150405.000Z"), d.seq, a.Kind)
	name := filepath.Join(d.dir, base+".trace")
	if err := d.file(name, func(w io.Writer) error {
		_, err := a.WriteTrace(w)
		return err
	}); err != nil {
		return err
	}
	a.setDump(name)
	if err := d.writeAllocs(a, base+".allocs.pb.gz"); err != nil {
		return err
	}
	description, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return fmt.Errorf("describing a dump: %w", err)
	}
	if err := d.file(filepath.Join(d.dir, base+".json"), func(w io.Writer) error {
		_, err := w.Write(append(description, '\n'))
		return err
	}); err != nil {
		return err
	}
	return d.trim()
}

// writeAllocs writes what was allocated, if the anomaly has it.
func (d *dumper) writeAllocs(a *Anomaly, base string) error {
	a.trace.mu.Lock()
	before, after := a.trace.allocsBefore, a.trace.allocsAfter
	a.trace.mu.Unlock()
	if before == nil || after == nil {
		return nil
	}
	data, err := allocs.Difference(before, after)
	if err != nil {
		return fmt.Errorf("what was allocated: %w", err)
	}
	name := filepath.Join(d.dir, base)
	if err := d.file(name, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}); err != nil {
		return err
	}
	a.trace.mu.Lock()
	a.trace.profile = name
	a.trace.mu.Unlock()
	return nil
}

// file writes one file under a temporary name and renames it when it is on the disk.
func (d *dumper) file(name string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(d.dir, ".tracewatch-*.tmp") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// trim removes the oldest dumps beyond the limits. Names begin with the time, so the
// order of names is that of age.
func (d *dumper) trim() error {
	entries, err := os.ReadDir(d.dir)
	if err != nil {
		return err
	}
	type dump struct {
		files []string
		bytes int64
	}
	var dumps []*dump
	byBase := make(map[string]*dump)
	for _, e := range entries { // sorted by name
		parts := dumpName.FindStringSubmatch(e.Name())
		if parts == nil || !e.Type().IsRegular() {
			continue
		}
		info, err := e.Info()
		if err != nil {
			continue // it went away meanwhile
		}
		base := parts[1]
		k := byBase[base]
		if k == nil {
			k = new(dump)
			byBase[base] = k
			dumps = append(dumps, k)
		}
		k.files = append(k.files, e.Name())
		k.bytes += info.Size()
	}
	var errs []error
	total := int64(0)
	for i, k := range slices.Backward(dumps) {
		total += k.bytes
		newest := i == len(dumps)-1
		if newest || len(dumps)-i <= d.maxDumps && total <= d.maxBytes {
			continue
		}
		for _, f := range k.files {
			errs = append(errs, os.Remove(filepath.Join(d.dir, f)))
		}
	}
	return errors.Join(errs...)
}
