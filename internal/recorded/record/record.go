package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	// Building includes the standard library, once for every release.
	buildTimeout = 10 * time.Minute
	// The programs take well under a second; one that hangs lost a packet.
	runTimeout = 30 * time.Second
	// Test data is cloned by everybody for ever.
	maxStored = 120_000
	// A busy machine can make a trace too large: the runtime yields thousands of
	// times while it waits for a sweeper whose thread has lost its CPU.
	attempts = 10
)

// errTooLarge is the error for a trace that compresses to more than maxStored.
var errTooLarge = errors.New("too large to store")

// A recording is a trace that is ready to be stored.
type recording struct {
	name   string // without the suffix, like go1.22-network
	gz     []byte
	size   int // not compressed
	counts counts
}

// record records one program with one release and stores its traces.
func record(ctx context.Context, r release, p program) error {
	dir, err := os.MkdirTemp("", "record")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)

	binary, err := build(ctx, r, p, dir)
	if err != nil {
		return err
	}
	var recordings []recording
	for range attempts {
		recordings, err = execute(ctx, r, p, binary, dir)
		if !errors.Is(err, errTooLarge) {
			break
		}
	}
	if err != nil {
		return err
	}
	for _, rec := range recordings {
		if err := replace(filepath.Join(storeDir, rec.name+".trace.gz"), rec.gz); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "%-28s %7d bytes %7d compressed %6d events %3d generations %4d goroutines\n",
			rec.name, rec.size, len(rec.gz), rec.counts.events, rec.counts.generations, rec.counts.goroutines)
	}
	return nil
}

// build builds a copy of the program, as a module of its own, in the directory
// and returns the executable's path.
func build(ctx context.Context, r release, p program, dir string) (string, error) {
	module := filepath.Join(dir, "module")
	if err := os.CopyFS(module, os.DirFS(filepath.Join(programsDir, p.name))); err != nil {
		return "", err
	}
	// With -trimpath, the module's path is what stacks name the files by.
	mod := fmt.Sprintf("module %s\n\ngo %s\n", p.name, r.version)
	if err := os.WriteFile(filepath.Join(module, "go.mod"), []byte(mod), 0o666); err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "program")
	ctx, cancel := context.WithTimeout(ctx, buildTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary)
	cmd.Dir = module
	cmd.Env = append(os.Environ(),
		"GOTOOLCHAIN="+r.toolchain, "CGO_ENABLED=1",
		// Our own settings would change the binary, and a build that is cut off
		// would leave its work outside the directory that is removed.
		"GOFLAGS=", "GOWORK=off", "GOEXPERIMENT="+r.experiment, "GOTMPDIR="+dir)
	return binary, output(cmd)
}

// execute runs the program and returns its traces, checked and compressed.
func execute(ctx context.Context, r release, p program, binary, dir string) ([]recording, error) {
	traces, err := os.MkdirTemp(dir, "traces")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, runTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, filepath.Join(traces, p.name+".trace"))
	cmd.Dir = traces
	// Nothing else of the environment, so that nothing of it can be recorded.
	cmd.Env = []string{
		"GODEBUG=traceadvanceperiod=" + strconv.FormatInt(p.generation.Nanoseconds(), 10),
		"GOMAXPROCS=" + strconv.Itoa(p.procs),
		// Programs that are about the collector turn it on; one cycle by chance
		// can be most of another program's trace.
		"GOGC=off",
	}
	if err := output(cmd); err != nil {
		return nil, err
	}
	// A program may write several, as <program>.<something>.trace.
	files, err := filepath.Glob(filepath.Join(traces, p.name+"*.trace"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, errors.New("the program wrote no trace")
	}
	var recordings []recording
	for _, file := range files {
		rec, err := load(file, dir)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(file), err)
		}
		rec.name = "go" + r.version + "-" + strings.TrimSuffix(filepath.Base(file), ".trace")
		recordings = append(recordings, rec)
	}
	return recordings, nil
}

// load reads, checks and compresses a trace.
func load(file, workDir string) (recording, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return recording{}, err
	}
	c, err := check(raw, workDir)
	if err != nil {
		return recording{}, err
	}
	gz, err := compress(raw)
	if err != nil {
		return recording{}, err
	}
	if len(gz) > maxStored {
		return recording{}, fmt.Errorf("%w: %d bytes compressed, and the limit is %d; make the program do less",
			errTooLarge, len(gz), maxStored)
	}
	return recording{gz: gz, size: len(raw), counts: c}, nil
}

// output runs the command; its error carries what the command printed.
func output(cmd *exec.Cmd) error {
	// A go command that is interrupted ends its compilers; one that is killed does not.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(cmd.Path), err, out)
	}
	return nil
}

// compress leaves the name and the time out of the header: neither says
// anything about the trace.
func compress(raw []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(raw); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// replace writes the file whole or not at all.
func replace(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".record")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
