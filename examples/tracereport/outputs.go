package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/gotracewatch/tracewatch/tracewatch"
)

// output is something that is written besides the text, or instead of it.
type output struct {
	flag  string // that asked for it
	path  string // "-" is standard output
	kind  tracewatch.ProfileKind
	write writer
}

// writer writes what a reading has to one output.
type writer func(ctx context.Context, w io.Writer, r *reading) error

func writePNG(_ context.Context, w io.Writer, r *reading) error {
	return r.report.WritePNG(w, tracewatch.Picture{Title: r.title()})
}

func writeSVG(_ context.Context, w io.Writer, r *reading) error {
	return r.report.WriteSVG(w, tracewatch.Picture{Title: r.title()})
}

func writeProfile(kind tracewatch.ProfileKind) writer {
	return func(_ context.Context, w io.Writer, r *reading) error { return r.report.WriteProfile(w, kind) }
}

// title stands over pages and pictures.
func (r *reading) title() string {
	title := clean(filepath.Base(r.name()))
	if r.err != nil {
		title += " (not all of it)"
	}
	return title
}

// checkOutputs finds out if outputs would be written over what is read, or over each other.
func (o *options) checkOutputs() error {
	type file struct {
		flag, path string
		info       os.FileInfo // nil if there is none yet
	}
	var others []file
	for _, in := range o.files {
		if info, err := os.Stat(in); err == nil && in != "-" {
			others = append(others, file{"the trace", in, info})
		}
	}
	for i := range o.outputs {
		x := &o.outputs[i]
		if x.path == "-" {
			continue
		}
		info, err := os.Stat(x.path)
		if err == nil && info.IsDir() {
			return fmt.Errorf("%s: %s is a directory", x.flag, x.path)
		}
		if err != nil {
			info = nil
		}
		for _, other := range others {
			if info != nil && !info.Mode().IsRegular() {
				break // /dev/null takes all
			}
			if info != nil && other.info != nil && os.SameFile(info, other.info) || samePath(x.path, other.path) {
				return fmt.Errorf("%s would be written over %s, %s", x.flag, other.flag, other.path)
			}
		}
		others = append(others, file{"the output of " + x.flag, x.path, info})
	}
	return nil
}

func samePath(a, b string) bool {
	a, errA := filepath.Abs(a)
	b, errB := filepath.Abs(b)
	return errA == nil && errB == nil && a == b
}

// staged are outputs that are written, and not yet where they belong.
type staged []stagedFile

type stagedFile struct {
	flag            string
	temporary, path string
	direct          []byte // what is to be written to something that is no file, such as /dev/null
}

// stage writes all outputs but standard output's next to where they belong.
func (o *options) stage(ctx context.Context, f *findings) (s *staged, err error) {
	s = new(staged)
	defer func() {
		if err != nil {
			s.discard()
		}
	}()
	for i := range o.outputs {
		x := &o.outputs[i]
		if x.path == "-" {
			continue
		}
		if err := s.add(ctx, x, f.last()); err != nil {
			return s, fmt.Errorf("%s: %w", x.flag, err)
		}
	}
	return s, nil
}

func (s *staged) add(ctx context.Context, x *output, r *reading) error {
	path := x.path
	if info, err := os.Stat(path); err == nil {
		if !info.Mode().IsRegular() {
			var b bytes.Buffer
			err := x.write(ctx, &cancelled{ctx, &b}, r)
			*s = append(*s, stagedFile{flag: x.flag, path: path, direct: b.Bytes()})
			return err
		}
		if path, err = filepath.EvalSymlinks(path); err != nil { // the link stays one
			return err
		}
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp") // for its owner only
	if err != nil {
		return err
	}
	*s = append(*s, stagedFile{flag: x.flag, temporary: tmp.Name(), path: path})
	return errors.Join(x.write(ctx, &cancelled{ctx, tmp}, r), tmp.Close())
}

// commit puts the outputs where they belong.
func (s *staged) commit() error {
	for len(*s) > 0 {
		f := (*s)[0]
		var err error
		if f.temporary == "" {
			err = writeTo(f.path, f.direct)
		} else {
			err = os.Rename(f.temporary, f.path)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", f.flag, err)
		}
		*s = (*s)[1:]
	}
	return nil
}

func writeTo(path string, data []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// discard takes away what is not where it belongs.
func (s *staged) discard() {
	for _, f := range *s {
		if f.temporary != "" {
			_ = os.Remove(f.temporary) // nothing can be done about it
		}
	}
	*s = nil
}

// cancelled is a writer that ends with a context.
type cancelled struct {
	ctx context.Context
	w   io.Writer
}

func (c *cancelled) Write(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.w.Write(b)
}
