package tracev1

import (
	"encoding/binary"
	"fmt"

	"github.com/gotracewatch/tracewatch/internal/limits"
)

// The types of entries that mean something while counting. All others are events.
const (
	evBatch          = 1
	evFrequency      = 2
	evStack          = 3
	evGoCreate       = 13
	evTimerGoroutine = 35
	evString         = 37
	evUserLog        = 48
	evCount          = 50
)

// A scanner goes through the bytes of a trace, from entry to entry.
type scanner struct {
	data   []byte
	off    int
	begun  int // where the current entry begins
	batch  bool
	ended  bool // the clock's speed was said, which is at the end
	events int
	tables int // strings and stacks
	frames int
	goes   int // goroutines created
	procs  map[uint64]bool
	timers map[uint64]bool // the goroutines that serve timers, of Go 1.13 and older
}

// scan counts what is in a trace, behind its header of the given size, and returns an error
// if it is more than there may be, or if the bytes are not entries.
func scan(data []byte, header int) (*scanner, error) {
	s := &scanner{data: data, off: header, procs: make(map[uint64]bool), timers: make(map[uint64]bool)}
	for s.off < len(data) {
		s.begun = s.off
		if err := s.entry(); err != nil {
			return nil, err
		}
		if err := s.check(); err != nil {
			return nil, err
		}
	}
	if !s.ended {
		s.begun = len(data)
		return nil, s.broken("it ends before it says how fast its clock runs: the file was cut, or its writer was", adviseWhole)
	}
	return s, nil
}

// entry goes past one entry. Its first byte is the type and, in the upper two bits, how
// many numbers follow: one to three, or 3 for a length in bytes in front of them.
func (s *scanner) entry() error {
	typ, n := s.data[s.off]&0x3f, int(s.data[s.off]>>6)+1
	s.off++
	if typ == 0 || typ >= evCount {
		return s.broken(fmt.Sprintf("an event of the unknown type %d", typ), adviseUpdate)
	}
	if typ != evBatch && typ != evString && !s.batch {
		return s.broken("an event outside of any batch", adviseAgain)
	}
	switch {
	case typ == evString:
		s.tables++
		if _, err := s.number(); err != nil {
			return err
		}
		return s.skip()
	case typ == evBatch:
		return s.beginBatch(n)
	case n > 3:
		return s.long(typ)
	}
	var first, second uint64
	for i := range n {
		x, err := s.number()
		if err != nil {
			return err
		}
		if i == 0 {
			first = x
		} else if i == 1 {
			second = x
		}
	}
	s.count(typ, first, second)
	return nil
}

func (s *scanner) beginBatch(n int) error {
	if n != 2 {
		return s.broken("a batch whose header has not two numbers", adviseAgain)
	}
	p, err := s.number()
	if err != nil {
		return err
	}
	s.procs[p] = true
	s.batch = true
	_, err = s.number()
	return err
}

// long goes past an entry whose numbers' length stands in front of them.
func (s *scanner) long(typ byte) error {
	at := s.off
	if err := s.skip(); err != nil {
		return err
	}
	_, w := binary.Uvarint(s.data[at:])
	p := s.data[at+w : s.off]
	first, w := binary.Uvarint(p)
	second, _ := binary.Uvarint(p[max(w, 0):])
	s.count(typ, first, second)
	if typ == evUserLog { // its message follows
		return s.skip()
	}
	return nil
}

// count counts an entry whose first two numbers these are.
func (s *scanner) count(typ byte, first, second uint64) {
	switch typ {
	case evFrequency:
		s.ended = true
	case evTimerGoroutine:
		s.timers[first] = true
	case evStack:
		s.tables++
		s.frames += int(min(second, limits.OldFrames+1))
	case evGoCreate:
		s.goes++
		s.events++
	default:
		s.events++
	}
}

// check returns an error if there is more of something than there may be.
func (s *scanner) check() error {
	for _, c := range [...]struct {
		n, limit int
		what     string
	}{
		{s.events, limits.OldEvents, "events"},
		{s.tables, limits.OldTables, "strings and stacks"},
		{s.frames, limits.OldFrames, "frames of stacks"},
		{s.goes, limits.Goroutines, "goroutines"},
		{len(s.procs), limits.OldProcs, "Ps"},
		{len(s.timers), limits.OldProcs, "timers' goroutines"},
	} {
		if c.n > c.limit {
			return s.broken(fmt.Sprintf("more than %d %s", c.limit, c.what), adviseLess)
		}
	}
	return nil
}

// number reads one number.
func (s *scanner) number() (uint64, error) {
	x, w := binary.Uvarint(s.data[s.off:])
	if w == 0 {
		return 0, s.cut()
	}
	if w < 0 {
		return 0, s.broken("a number of more than 64 bits", adviseAgain)
	}
	s.off += w
	return x, nil
}

// skip goes past a number and as many bytes as it says.
func (s *scanner) skip() error {
	n, err := s.number()
	if err != nil {
		return err
	}
	if n > uint64(len(s.data)-s.off) {
		return s.cut()
	}
	s.off += int(n)
	return nil
}

func (s *scanner) cut() error {
	return s.broken("it ends in the middle of an event: the file was cut, or its writer was", adviseWhole)
}

// broken returns the error for a problem with the current entry.
func (s *scanner) broken(problem, advice string) error {
	return &Error{Offset: int64(s.begun), Problem: problem, Advice: advice}
}
