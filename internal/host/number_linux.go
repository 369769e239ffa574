package host

import (
	"bytes"
	"time"

	"github.com/gotracewatch/tracewatch/internal/limits"
)

// number reads a decimal number that fits.
func number(s []byte) (n uint64, ok bool) {
	for _, c := range s {
		d := uint64(c - '0')
		if d > 9 || n > (1<<64-1-d)/10 {
			return 0, false
		}
		n = n*10 + d
	}
	return n, len(s) > 0
}

// length reads a number of units of time.
func length(s []byte, unit time.Duration) (d time.Duration, ok bool) {
	n, ok := number(s)
	if !ok || n > uint64(limits.Nanoseconds/unit) {
		return 0, false
	}
	return time.Duration(n) * unit, true
}

// word cuts the first word from a line.
func word(line []byte) (first, rest []byte) {
	first, rest, _ = bytes.Cut(bytes.TrimLeft(line, " "), []byte(" "))
	return first, rest
}

// line cuts the first line from a text.
func line(text []byte) (first, rest []byte) {
	first, rest, _ = bytes.Cut(text, []byte("\n"))
	return first, rest
}
