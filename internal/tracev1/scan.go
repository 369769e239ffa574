package tracev1

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/gotracewatch/tracewatch/internal/limits"
)

// The types of entries that mean something while counting. All others are events.
const (
	evBatch          = 1
	evFrequency      = 2
	evStack          = 3
	evGomaxprocs     = 4
	evGoCreate       = 13
	evTimerGoroutine = 35
	evString         = 37
	evUserLog        = 48
	evCPUSample      = 49
	evCount          = 50
)

// A scanner goes through the bytes of a trace, from entry to entry.
type scanner struct {
	data    []byte
	off     int
	begun   int // where the current entry begins
	batch   bool
	numbers []uint64 // of the current entry
	cut     error    // what is wrong with its end, if its events are there
	ended   bool     // the clock's speed was said, which is at the end
	events  int
	tables  int // strings and stacks
	frames  int
	goes    int    // goroutines created
	stacks  int    // of the tables, the stacks
	latest  uint64 // the largest number of a stack that an event refers to
	now     int64  // the current entry's time
	begins  int64  // when the program's own events do: the earliest evGomaxprocs
	until   int64  // a moment
	listed  int    // of goes, those until then
	procs   map[uint64]bool
	timers  map[uint64]bool // the goroutines that serve timers, of Go 1.13 and older
}

// scan counts what is in a trace, behind its header of the given size, and returns an error
// if it is more than there may be, or if the bytes are not entries.
func scan(data []byte, header int) (*scanner, error) {
	s := newScanner(data, header)
	err := s.all()
	if errors.Is(err, errCut) && s.ended {
		s.cut, err = err, nil
		s.data = data[:s.begun]
	}
	if err != nil {
		return nil, err
	}
	s.begun = len(data)
	if !s.ended {
		return nil, s.broken("it ends before it says how fast its clock runs: the file was cut, or its writer was", adviseWhole)
	}
	// The runtime numbers stacks from 1, and writes all of them after the clock's speed.
	if missing := s.latest - min(s.latest, uint64(s.stacks)); missing > 0 && s.cut == nil {
		s.cut = s.broken(fmt.Sprintf("it ends before %d of its stacks: the file was cut, or its writer was", missing), adviseWhole)
	}
	return s, s.checkListed(header)
}

func newScanner(data []byte, header int) *scanner {
	return &scanner{
		data: data, off: header, begins: math.MaxInt64,
		procs: make(map[uint64]bool), timers: make(map[uint64]bool),
	}
}

// all goes through all entries.
func (s *scanner) all() error {
	for s.off < len(s.data) {
		s.begun = s.off
		if err := s.entry(); err != nil {
			return err
		}
		if err := s.check(); err != nil {
			return err
		}
	}
	return nil
}

// checkListed returns an error if too many goroutines are listed at the beginning. Which
// ones those are is known only at the end.
func (s *scanner) checkListed(header int) error {
	if s.goes <= limits.OldListed {
		return nil
	}
	again := newScanner(s.data, header)
	again.until = s.begins
	if err := again.all(); err != nil {
		return err
	}
	if again.listed > limits.OldListed {
		return &Error{
			Offset: Unplaced, Advice: adviseUpdate,
			Problem: fmt.Sprintf("more than %d goroutines were there when it began", limits.OldListed),
		}
	}
	return nil
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
	var numbers [3]uint64
	for i := range n {
		var err error
		if numbers[i], err = s.number(); err != nil {
			return err
		}
	}
	s.count(typ, numbers[:n])
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
	now, err := s.number()
	s.now = int64(now)
	return err
}

// long goes past an entry whose numbers' length stands in front of them.
func (s *scanner) long(typ byte) error {
	n, err := s.number()
	if err != nil {
		return err
	}
	if n > uint64(len(s.data)-s.off) {
		return s.cutShort()
	}
	end := s.off + int(n)
	s.numbers = s.numbers[:0]
	for s.off < end && len(s.numbers) < longNumbers {
		x, err := s.number()
		if err != nil {
			return err
		}
		s.numbers = append(s.numbers, x)
	}
	s.off = end
	s.count(typ, s.numbers)
	if typ == evUserLog { // its message follows
		return s.skip()
	}
	return nil
}

// longNumbers is how many numbers of an entry are looked at: no event has more, and of a
// stack the first two are enough.
const longNumbers = 5

// count counts an entry of these numbers, one at least but for a broken one.
func (s *scanner) count(typ byte, numbers []uint64) {
	if len(numbers) == 0 {
		return
	}
	last := numbers[len(numbers)-1]
	switch typ {
	case evFrequency:
		s.ended = true
		return
	case evTimerGoroutine:
		s.timers[last] = true
		return
	case evStack:
		s.tables++
		s.stacks++
		if len(numbers) > 1 {
			s.frames += int(min(numbers[1], limits.OldFrames+1))
		}
		return
	case evGomaxprocs:
		s.begins = min(s.begins, s.now+int64(numbers[0]))
	case evGoCreate:
		s.goes++
		if s.now+int64(numbers[0]) <= s.until {
			s.listed++
		}
		if len(numbers) > 2 {
			s.latest = max(s.latest, numbers[2]) // where it will begin
		}
	}
	if typ != evCPUSample { // it does not count as time
		s.now += int64(numbers[0])
	}
	s.events++
	if haveStacks>>typ&1 != 0 {
		s.latest = max(s.latest, last)
	}
}

// haveStacks is the set of the types of events whose last number is a stack.
const haveStacks uint64 = 1<<4 | 1<<7 | 1<<11 | 1<<13 | 1<<16 | 1<<17 | 1<<18 | 1<<19 | 1<<20 | 1<<21 |
	1<<22 | 1<<23 | 1<<24 | 1<<25 | 1<<26 | 1<<27 | 1<<28 | 1<<39 | 1<<42 | 1<<43 | 1<<45 | 1<<46 | 1<<47 | 1<<48 | 1<<49

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
		return 0, s.cutShort()
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
		return s.cutShort()
	}
	s.off += int(n)
	return nil
}

var errCut = errors.New("the file was cut, or its writer was")

func (s *scanner) cutShort() error {
	return &Error{Offset: int64(s.begun), Problem: "it ends in the middle of an event", Err: errCut, Advice: adviseWhole}
}

// broken returns the error for a problem with the current entry.
func (s *scanner) broken(problem, advice string) error {
	return &Error{Offset: int64(s.begun), Problem: problem, Advice: advice}
}
