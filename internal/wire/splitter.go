package wire

import (
	"encoding/binary"
	"fmt"

	"github.com/gotracewatch/tracewatch/internal/limits"
)

// Raw is one generation as it was recorded: whole batches, not looked into.
type Raw struct {
	Version Version
	Number  uint64 // the runtime's number of the generation, from 1
	Offset  int64  // where in the stream its first batch begins
	Data    []byte // its batches, and the end mark where the version has one
}

// A Splitter cuts the byte stream of a trace into generations. It is an
// [io.Writer], so that a recorder, a file or a test writes into it in pieces of
// any size; generations that nobody wants are passed over without a copy.
//
// A Splitter is used by one goroutine at a time. After an error it takes
// nothing more.
type Splitter struct {
	// Want says whether a generation is to be kept. It is asked once per
	// generation, at its first batch. Nil keeps all.
	Want func(number uint64) bool

	// Emit is called with each whole generation, during Write or Close. The
	// data is the receiver's to keep.
	Emit func(Raw)

	version Version
	offset  int64  // of the stream, up to and without pending
	pending []byte // the beginning of a batch whose end has not come yet
	cur     Raw    // the generation being collected, its Data apart; its Number is 0 between generations
	want    bool
	room    pieces // its data, as far as it has come
	err     error
}

// An Error says what is wrong with a trace and where.
type Error struct {
	Offset     int64  // bytes from the trace's beginning
	Generation uint64 // the generation it happened in; 0 when between two
	Problem    string
	Err        error // the cause, where there is one
}

func (e *Error) Error() string {
	s := fmt.Sprintf("trace broken at byte %d", e.Offset)
	if e.Generation != 0 {
		s += fmt.Sprintf(", generation %d", e.Generation)
	}
	s += ": " + e.Problem
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Reuse gives the memory of a generation back that nobody needs any more: the next ones are
// put there. Fresh memory has to be found and cleared, which takes as long as cutting does.
func (s *Splitter) Reuse(data []byte) { s.room.reuse(data) }

// Version returns the trace's version, or 0 before its header has come.
func (s *Splitter) Version() Version { return s.version }

// Write takes the next bytes of the trace. It returns an error when the
// generations that follow cannot be found any more.
func (s *Splitter) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n := len(p)
	for len(s.pending) > 0 && len(p) > 0 { // the batch that has begun is completed, with no byte more
		more := min(s.missing(), len(p))
		s.pending = append(s.pending, p[:more]...)
		p = p[more:]
		used, err := s.take(s.pending)
		if err != nil {
			return 0, err
		}
		s.pending = s.pending[:len(s.pending)-used] // all of it or, so far, nothing
	}
	if len(p) > 0 {
		used, err := s.take(p)
		if err != nil {
			return 0, err
		}
		s.pending = append(s.pending[:0], p[used:]...)
	}
	return n, nil
}

// missing returns how many bytes the batch that has begun needs to be whole, or, as long
// as its header does not say, to be tried again.
func (s *Splitter) missing() int {
	if s.version == 0 {
		return HeaderSize - len(s.pending)
	}
	if h, ok := parseBatchHeader(s.pending, s.version); ok && h.problem == "" {
		return max(h.size()-len(s.pending), 1)
	}
	return 1
}

// take is split at where the stream stands.
func (s *Splitter) take(p []byte) (used int, err error) {
	used, err = s.split(p)
	s.offset += int64(used)
	s.err = err
	return used, err
}

// Close ends the stream. It emits the last generation of a version that has no
// end mark, and returns an error when the trace ends in the middle of something.
func (s *Splitter) Close() error {
	if s.err != nil {
		return s.err
	}
	s.err = fmt.Errorf("wire: write to a closed Splitter")
	switch {
	case s.version == 0:
		_, err := ParseHeader(s.pending)
		return err
	case len(s.pending) > 0:
		err := s.broken("it ends in the middle of a batch: the file was cut, or its writer was")
		s.finishUnmarked()
		return err
	case s.cur.Number != 0 && s.version >= Go126:
		return s.broken("it ends in the middle of a generation: the file was cut, or its writer was")
	}
	s.finishUnmarked()
	return nil
}

// finishUnmarked emits the current generation if the version has no mark that
// would have ended it.
func (s *Splitter) finishUnmarked() {
	if s.cur.Number != 0 && s.version < Go126 {
		s.finish()
	}
}

// split consumes whole batches from p and returns how many bytes that were.
func (s *Splitter) split(p []byte) (used int, err error) {
	if s.version == 0 {
		if len(p) < HeaderSize {
			return 0, nil
		}
		if s.version, err = ParseHeader(p); err != nil {
			return 0, err
		}
		used = HeaderSize
	}
	from := used // what lies from there to used is the current generation's, and not kept yet
	for used < len(p) {
		h, ok := parseBatchHeader(p[used:], s.version)
		if h.problem != "" {
			err := s.brokenAt(used, h.problem)
			s.keep(p[from:used])
			s.finishUnmarked() // what came before may well be whole
			return used, err
		}
		size := h.size()
		if !ok || used+size > len(p) {
			break
		}
		switch {
		case h.typ == EvEndOfGeneration && s.cur.Number == 0:
			return used, s.brokenAt(used, "a generation ends that has not begun")
		case h.typ == EvEndOfGeneration:
			used += size
			s.finishWith(p[from:used])
			from = used
			continue
		case s.cur.Number != 0 && h.gen != s.cur.Number:
			if s.version >= Go126 || h.gen != s.cur.Number+1 {
				return used, s.brokenAt(used, fmt.Sprintf("generation %d begins before generation %d has ended", h.gen, s.cur.Number))
			}
			s.finishWith(p[from:used])
			from = used
		}
		if s.cur.Number == 0 {
			s.cur = Raw{Version: s.version, Number: h.gen, Offset: s.offset + int64(used)}
			s.want = s.Want == nil || s.Want(h.gen)
		}
		if s.want && s.room.size+used-from+size > limits.GenerationBytes {
			return used, s.brokenAt(used, fmt.Sprintf("a generation of more than %d MB", limits.GenerationBytes>>20))
		}
		used += size
	}
	s.keep(p[from:used])
	return used, nil
}

// keep adds batches to the current generation, of which more may come.
func (s *Splitter) keep(batches []byte) {
	if s.want {
		s.room.add(batches)
	}
}

// finishWith adds the last batches of the current generation and emits it.
func (s *Splitter) finishWith(batches []byte) {
	raw := s.cur
	s.cur = Raw{}
	if s.want {
		raw.Data = s.room.join(batches)
		s.Emit(raw)
	}
}

// finish emits the current generation.
func (s *Splitter) finish() { s.finishWith(nil) }

func (s *Splitter) broken(problem string) *Error { return s.brokenAt(0, problem) }

func (s *Splitter) brokenAt(at int, problem string) *Error {
	return &Error{Offset: s.offset + int64(at), Generation: s.cur.Number, Problem: problem}
}

// batchHeader is what precedes a batch's data.
type batchHeader struct {
	typ     EventType
	exp     uint8 // the experiment of an EvExperimentalBatch
	gen     uint64
	thread  uint64
	time    Timestamp
	data    int // where the data begins
	len     int // the data's length
	problem string
}

func (h *batchHeader) size() int { return h.data + h.len }

// parseBatchHeader reads the header of the batch that p begins with. It returns
// false if p ends within it, and sets problem if there cannot be a batch here.
func parseBatchHeader(p []byte, v Version) (h batchHeader, ok bool) {
	h.typ = EventType(p[0])
	n := 1
	switch {
	case h.typ == EvEndOfGeneration && v >= Go126:
		h.data = n
		return h, true
	case h.typ == EvExperimentalBatch && v >= Go123:
		if len(p) < 2 {
			return h, false
		}
		h.exp = p[1]
		n = 2
	case h.typ == EvEventBatch:
	default:
		h.problem = fmt.Sprintf("expected a batch, found a byte %d", p[0])
		return h, false
	}
	var fields [4]uint64
	for i := range fields {
		x, w := binary.Uvarint(p[n:])
		if w == 0 {
			return h, false
		}
		if w < 0 {
			h.problem = "a number in a batch's header has more than 64 bits"
			return h, false
		}
		fields[i] = x
		n += w
	}
	h.gen, h.thread, h.time = fields[0], fields[1], Timestamp(fields[2])
	if h.gen == 0 {
		h.problem = "a batch of generation 0, a number the runtime never uses"
		return h, false
	}
	if fields[3] > limits.BatchBytes {
		h.problem = fmt.Sprintf("a batch of %d bytes; the largest has %d", fields[3], limits.BatchBytes)
		return h, false
	}
	h.data, h.len = n, int(fields[3])
	return h, true
}
