package wire

import (
	"errors"
	"fmt"
)

// Version is N of the header "go 1.N trace".
type Version uint32

// The versions of the second format. Go 1.24 writes 23 and Go 1.27 writes 26.
const (
	Go122 Version = 22
	Go123 Version = 23
	Go125 Version = 25
	Go126 Version = 26
)

// HeaderSize is the length of a trace's header in bytes.
const HeaderSize = 16

// ErrNotTrace is wrapped by the errors for bytes that do not begin like a Go
// execution trace.
var ErrNotTrace = errors.New("not a Go execution trace")

// ErrVersion is wrapped by the errors for traces of a version that this
// package does not read, which the first format's are too.
var ErrVersion = errors.New("unsupported trace version")

// Header returns the header of a trace of version v.
func (v Version) Header() [HeaderSize]byte {
	var h [HeaderSize]byte
	copy(h[:], fmt.Sprintf("go 1.%d trace", v))
	return h
}

// Old reports whether v is of the first trace format (Go 1.11 to 1.21), which package
// tracev1 reads.
func (v Version) Old() bool { return v == 11 || v == 19 || v == 21 }

// ParseHeader returns the version that a trace's first [HeaderSize] bytes name.
func ParseHeader(h []byte) (Version, error) {
	if len(h) < HeaderSize {
		return 0, fmt.Errorf("%w: %d bytes, and its header alone has %d", ErrNotTrace, len(h), HeaderSize)
	}
	h = h[:HeaderSize]
	for _, v := range [...]Version{Go126, Go125, Go123, Go122, 21, 19, 11} {
		if want := v.Header(); string(h) == string(want[:]) {
			if v.Old() {
				return v, fmt.Errorf("%w: go 1.%d", ErrVersion, v)
			}
			return v, nil
		}
	}
	var n uint32
	if _, err := fmt.Sscanf(string(h), "go 1.%d trace\x00\x00\x00", &n); err == nil {
		if n < uint32(Go126) {
			return Version(n), fmt.Errorf("%w: go 1.%d", ErrVersion, n)
		}
		return Version(n), fmt.Errorf("%w: go 1.%d is newer than go 1.%d, the newest this release of tracewatch reads: update it", ErrVersion, n, Go126)
	}
	return 0, fmt.Errorf("%w: it begins with %q, not with \"go 1.N trace\"", ErrNotTrace, h)
}
