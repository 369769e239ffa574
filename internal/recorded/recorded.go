// Package recorded holds execution traces that real Go releases recorded from
// small programs of ours, as test data: what the synthetic traces of other
// tests claim about the format, these prove.
//
// It is for tests only. Importing it puts every trace into the binary.
//
// Go 1.21 recorded those of the first trace format, which is another one; [Old] lists
// them, [All] all others.
//
// The programs are in testdata/programs, each with a comment that says what its
// trace is for. They are run and their traces stored by
//
//	go run ./internal/recorded/record
package recorded

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"embed"
	"fmt"
	"io"
	"slices"
	"strings"
)

//go:embed testdata/*.trace.gz
var files embed.FS

const (
	dir    = "testdata/"
	suffix = ".trace.gz"
)

// A Trace names one recorded trace.
type Trace struct {
	// Name is the program's, like "network", and for a program that writes
	// several traces of one run, what tells them apart: "flightrecorder.1".
	Name string
	// Go is the release that recorded it, like "1.22".
	Go string
}

// All returns every trace of the second format, which Go writes since 1.22, sorted by
// release and name.
func All() []Trace {
	return slices.DeleteFunc(every(), Trace.old)
}

// Old returns every trace of the first format, sorted by name.
func Old() []Trace {
	return slices.DeleteFunc(every(), func(t Trace) bool { return !t.old() })
}

// old reports whether the trace is of the first format.
func (t Trace) old() bool { return t.Go < "1.22" }

func every() []Trace {
	entries, err := files.ReadDir(strings.TrimSuffix(dir, "/"))
	if err != nil {
		// The directory is part of the binary: this cannot happen.
		panic(err)
	}
	all := make([]Trace, 0, len(entries))
	for _, e := range entries {
		release, name, _ := strings.Cut(strings.TrimSuffix(e.Name(), suffix), "-")
		all = append(all, Trace{Name: name, Go: strings.TrimPrefix(release, "go")})
	}
	slices.SortFunc(all, func(a, b Trace) int {
		return cmp.Or(cmp.Compare(a.Go, b.Go), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// Bytes returns the trace as the program wrote it. Each call decompresses it
// again, so the caller may change what it gets.
func (t Trace) Bytes() ([]byte, error) {
	gz, err := files.ReadFile(dir + t.String() + suffix)
	if err != nil {
		return nil, fmt.Errorf("there is no recorded trace %s: %w", t, err)
	}
	r, err := gzip.NewReader(bytes.NewReader(gz))
	if err != nil {
		return nil, fmt.Errorf("recorded trace %s: %w", t, err)
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("recorded trace %s: %w", t, err)
	}
	return raw, nil
}

// String returns the trace's name for subtests and messages, like
// "go1.22-network".
func (t Trace) String() string { return "go" + t.Go + "-" + t.Name }
