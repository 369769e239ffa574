package traceback

import (
	"runtime"
	"strings"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

// firstBytes is the room for each goroutine, at first. One that is ten frames deep has as much.
const firstBytes = 1 << 10

// A Reader asks the runtime for all goroutines, again and again: it keeps the buffer that the
// runtime writes to. The zero Reader is ready. It is used by one goroutine at a time.
type Reader struct{ buf []byte }

// All returns all goroutines but the runtime's own, the calling one first. It stops the world for
// as long as the runtime writes, and once more where the buffer was too small. The caller may keep
// the goroutines; each keeps the text of all of them alive.
//
// If the text is longer than limits.TracebackBytes, what is behind that is missing, and cut is true:
// the last goroutine that is returned may lack frames and its creator, and others are not there.
func (r *Reader) All() (gs []Goroutine, cut bool) { return r.all(limits.TracebackBytes) }

func (r *Reader) all(limit int) (gs []Goroutine, cut bool) {
	goroutines := runtime.NumGoroutine()
	size := max(len(r.buf), min(limit, max(goroutines, 16)*firstBytes))
	for {
		if len(r.buf) < size {
			r.buf = make([]byte, size)
		}
		n := runtime.Stack(r.buf, true)
		if n < len(r.buf) {
			return parse(string(r.buf[:n]), goroutines), false
		}
		if n >= limit {
			break
		}
		size = min(limit, 4*n) // few stops of the world are better than little memory
	}
	text := string(r.buf)
	text = text[:strings.LastIndexByte(text, '\n')+1] // a number that is cut is another number
	return parse(text, goroutines), true
}

// Current returns the number of the calling goroutine and of its testing/synctest bubble, 0 if it is
// in none. It takes some microseconds, more on a deep stack, all of which the runtime goes
// through.
func Current() (id detectors.GoID, bubble int64) {
	buf := make([]byte, 128) // what is read of the first line has 103 at most
	line, _, _ := strings.Cut(string(buf[:runtime.Stack(buf, false)]), "\n")
	g, _, _ := header(line)
	return g.ID, g.Bubble
}
