package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/gotracewatch/tracewatch/internal/wording"
)

const (
	progressAfter = time.Second            // what is read sooner needs none
	progressEvery = 200 * time.Millisecond // as often as a person looks
)

// progress says on a terminal how far the reading is, if it takes long.
type progress struct {
	w     io.Writer // nil: nowhere
	width int
	now   func() time.Time
	size  int64 // 0 if it is not known

	begun, shown time.Time
	read         int64
	line         int // the length of what stands there
}

// progress begins with a reading.
func (p *program) progress(size int64) *progress {
	g := &progress{now: p.now, size: size, begun: p.now()}
	if c, ok := p.console(p.stderr); ok {
		g.w, g.width = p.stderr, p.columns(c)
	}
	return g
}

// add says that so many bytes more were read.
func (g *progress) add(n int) {
	g.read += int64(n)
	if g.w == nil {
		return
	}
	now := g.now()
	if now.Sub(g.begun) < progressAfter || now.Sub(g.shown) < progressEvery {
		return
	}
	g.shown = now
	g.show(g.text(now.Sub(g.begun)))
}

// text says how far it is after some time.
func (g *progress) text(after time.Duration) string {
	rate := float64(g.read) / after.Seconds()
	if g.size <= 0 || g.read > g.size {
		return fmt.Sprintf("reading: %s, %s/s", megabytes(float64(g.read)), megabytes(rate))
	}
	text := fmt.Sprintf("reading: %d%% of %s, %s/s", 100*g.read/g.size, megabytes(float64(g.size)), megabytes(rate))
	if rate > 0 {
		left := time.Duration(float64(g.size-g.read) / rate * float64(time.Second))
		text += fmt.Sprintf(", %s left", left.Round(time.Second))
	}
	return text
}

// show writes over what stands there.
func (g *progress) show(text string) {
	text = cut(text, max(g.width-1, 1))
	n := columns(text)
	fmt.Fprintf(g.w, "\r%s%s\r%s", text, strings.Repeat(" ", max(g.line-n, 0)), text)
	g.line = n
}

// done takes away what stands there, and says how long it took if that was long enough to wonder.
func (g *progress) done() {
	if g.line == 0 {
		return
	}
	fmt.Fprintf(g.w, "\r%s\r", strings.Repeat(" ", g.line))
	g.line = 0
	took := g.now().Sub(g.begun)
	fmt.Fprintf(g.w, "read %s in %s\n", megabytes(float64(g.read)), wording.Duration(took))
}

func megabytes(n float64) string {
	if n < 1e5 {
		return fmt.Sprintf("%.3g kB", n/1e3)
	}
	return fmt.Sprintf("%.1f MB", n/1e6)
}

// countingReader counts what is read, and keeps the first bytes.
type countingReader struct {
	r        io.Reader
	progress *progress
	header   []byte
}

// headerSize is the size of a trace's header: "go 1.26 trace" and zeros.
const headerSize = 16

func (c *countingReader) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	if missing := headerSize - len(c.header); missing > 0 {
		c.header = append(c.header, b[:min(n, missing)]...)
	}
	c.progress.add(n)
	return n, err
}

// format returns the Go release in the header, whose format it is; "" if there is none.
func (c *countingReader) format() string {
	release, ok := strings.CutPrefix(string(c.header), "go ")
	if !ok {
		return ""
	}
	release, _, ok = strings.Cut(release, " trace")
	if !ok {
		return ""
	}
	return release
}
