package main

import (
	"bytes"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// slowly is a reader for which time goes by.
type slowly struct {
	r    io.Reader
	each int // bytes
	took time.Duration
	went atomic.Int64
}

func (s *slowly) now() time.Time { return time.Unix(1e9, s.went.Load()) }

func (s *slowly) Read(b []byte) (int, error) {
	s.went.Add(int64(s.took))
	return s.r.Read(b[:min(len(b), s.each)])
}

// TestProgress: on a terminal that waits for long it is told how far it is, and nothing of that stays.
func TestProgress(t *testing.T) {
	data, _ := sample(t)
	for _, c := range []struct {
		took     time.Duration
		terminal bool
		says     bool
	}{
		{100 * time.Millisecond, true, true},
		{100 * time.Millisecond, false, false},
		{time.Millisecond, true, false},
	} {
		in := &slowly{r: bytes.NewReader(data), each: 10_000, took: c.took}
		f := newFake(in)
		f.now = in.now
		f.console = func(w io.Writer) (console, bool) {
			return console{columns: 40}, c.terminal && w == f.stderr
		}
		f.program.stdin = in
		reading := f.read(t.Context(), &options{}, "-")
		require.NoError(t, reading.err)
		if !c.says {
			require.Empty(t, f.errs.String())
			continue
		}
		require.Contains(t, f.errs.String(), "reading: ")
		require.Contains(t, f.errs.String(), "kB/s")
		stays := screen(f.errs.String())
		require.Regexp(t, `^read 0\.3 MB in 3\.\d+ s$`, stays)
		require.NotContains(t, f.out.String(), "reading")
	}
}

// TestProgressText: of a file it is known how much is left.
func TestProgressText(t *testing.T) {
	now := time.Unix(1e9, 0)
	var b bytes.Buffer
	g := &progress{w: &b, width: 60, now: func() time.Time { return now }, size: 100e6, begun: now}
	now = now.Add(500 * time.Millisecond)
	g.add(10e6)
	require.Empty(t, b.String(), "it may be over soon")
	now = now.Add(500 * time.Millisecond)
	g.add(10e6)
	require.Equal(t, "reading: 20% of 100.0 MB, 20.0 MB/s, 4s left", screen(b.String()))
	n := b.Len()
	now = now.Add(100 * time.Millisecond)
	g.add(10e6)
	require.Len(t, b.String(), n, "nobody reads as fast")
	now = now.Add(time.Second)
	g.width = 20
	g.add(10e6)
	require.Equal(t, "reading: 40% of 10…", screen(b.String()), "it fits")
	g.size = 5
	now = now.Add(time.Second)
	g.width = 60
	g.add(10e6)
	require.Equal(t, "reading: 50.0 MB, 16.1 MB/s", screen(b.String()), "a file that grows")
}

// screen is what a terminal shows in the end.
func screen(text string) string {
	var line []rune
	at := 0
	for _, r := range text {
		switch r {
		case '\r':
			at = 0
		case '\n':
		default:
			if at < len(line) {
				line[at] = r
			} else {
				line = append(line, r)
			}
			at++
		}
	}
	return string(bytes.TrimRight([]byte(string(line)), " "))
}

func TestFormat(t *testing.T) {
	for header, want := range map[string]string{
		"go 1.26 trace\x00\x00\x00":    "1.26",
		"go 1.5 trace\x00\x00\x00\x00": "1.5",
		"no trace at all":              "",
		"go 1.26":                      "",
		"":                             "",
	} {
		c := &countingReader{r: &slowly{r: bytes.NewReader([]byte(header)), each: 3}, progress: &progress{now: time.Now}}
		_, err := io.ReadAll(c)
		require.NoError(t, err)
		require.Equal(t, want, c.format())
	}
}
