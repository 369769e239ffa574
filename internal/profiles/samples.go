package profiles

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

// key is what samples are told apart by.
type key struct {
	g       detectors.GoID    // NoGoroutine: no label
	stack   detectors.StackID // the frames below start, or all
	start   detectors.SiteID  // the function of the innermost frame, 0: the stack has it
	request uint32            // the number of its name, 0: no label
	on      uint32            // the P and the class: see onP
}

// onP packs a P and a class.
func onP(p detectors.ProcID, c detectors.Class) uint32 {
	if p < 0 || p >= limits.Procs {
		p = detectors.NoProc
	}
	return uint32(p+1)<<2 | uint32(c)
}

func (k key) p() detectors.ProcID    { return detectors.ProcID(k.on>>2) - 1 }
func (k key) class() detectors.Class { return detectors.Class(k.on & 3) }

// detail is which labels a profile's samples have. Each level has less than the one before.
type detail uint8

const (
	allLabels detail = iota
	noNumbers        // without goroutine and P
	noLabels
)

// cut returns the key without the labels that a level does not have.
func (k key) cut(d detail) key {
	switch d {
	case noNumbers:
		k.g, k.on = 0, onP(detectors.NoProc, k.class())
	case noLabels:
		k = key{stack: k.stack, start: k.start}
	}
	return k
}

// sum is a sample's values.
type sum struct {
	count int64
	time  time.Duration
}

// add adds another, whose values are not negative. It stops at the largest there is: a broken
// clock's may be centuries.
func (s *sum) add(o sum) {
	s.count += o.count
	s.time = min(s.time, math.MaxInt64-o.time) + o.time
}

// sample is one of a profile.
type sample struct {
	key key
	sum sum
}

// table is the samples of one profile, in the order in which they came. They are found by an index of
// its own, in which a search is one miss of the cache where Go's map has three: it is made several
// times for each event of the trace.
type table struct {
	samples []sample
	slots   []uint32 // where a sample is, plus one; 0: free. As many as a power of two, half of them free
	mix     [3]uint64
	detail  detail
	lost    uint64 // how many were added to the sample of no stack for lack of room
}

const minSlots = 1 << 8

// newTable returns an empty table. Its order is nobody's to foresee, so that no trace can fill it with
// numbers that all have one place.
func newTable() *table {
	t := &table{slots: make([]uint32, minSlots)}
	for i := range t.mix {
		t.mix[i] = rand.Uint64() | 1
	}
	return t
}

// slot returns where the sample of a key is in slots, or belongs.
func (t *table) slot(k key) int {
	h := uint64(k.g) * t.mix[0]
	h ^= h>>32 ^ (uint64(k.stack)<<32|uint64(k.start))*t.mix[1]
	h ^= h>>32 ^ (uint64(k.request)<<32|uint64(k.on))*t.mix[2]
	h *= t.mix[0]
	last := len(t.slots) - 1
	for at := int(h>>32) & last; ; at = (at + 1) & last {
		if n := t.slots[at]; n == 0 || t.samples[n-1].key == k {
			return at
		}
	}
}

// find returns the sample of a key, nil if there is none.
func (t *table) find(k key) *sample {
	if n := t.slots[t.slot(k)]; n != 0 {
		return &t.samples[n-1]
	}
	return nil
}

// add adds to the sample of a key, which it makes if there is none.
func (t *table) add(k key, x sum) {
	if s := t.find(k); s != nil {
		s.sum.add(x)
		return
	}
	t.samples = append(t.samples, sample{k, x})
	if 2*len(t.samples) <= len(t.slots) {
		t.slots[t.slot(k)] = uint32(len(t.samples))
		return
	}
	t.slots = make([]uint32, 2*len(t.slots))
	for i := range t.samples {
		t.slots[t.slot(t.samples[i].key)] = uint32(i + 1)
	}
}

// mapped returns a table with other keys: samples that have the same one then are one.
func (t *table) mapped(to func(key) key) *table {
	m := newTable()
	for i := range t.samples {
		m.add(to(t.samples[i].key), t.samples[i].sum)
	}
	m.detail, m.lost = t.detail, t.lost
	return m
}

// samples are those of all profiles. Their number is bounded: where there would be more, the
// profile that has most loses labels, and samples that were told apart by them become one. So
// nothing is lost from the sums.
type samples struct {
	tables [numKinds]*table // nil: not asked for
	number int
	most   int // but one for each profile, of what finds no room
}

func newSamples(most int) samples { return samples{most: most - int(numKinds)} }

func (s *samples) add(i index, k key, x sum) {
	t := s.tables[i]
	for {
		k = k.cut(t.detail)
		if at := t.find(k); at != nil {
			at.sum.add(x)
			return
		}
		if s.number < s.most {
			s.number++
			t.add(k, x)
			return
		}
		if !s.cut() {
			t.lost += uint64(x.count)
			t.add(key{}, x)
			return
		}
	}
}

// cut makes room by taking labels from the profile that has most samples. It returns false if none
// has any labels.
func (s *samples) cut() bool {
	var most *table
	for _, t := range s.tables {
		if t != nil && t.detail < noLabels && (most == nil || len(t.samples) > len(most.samples)) {
			most = t
		}
	}
	if most == nil {
		return false
	}
	was := len(most.samples)
	most.detail++
	*most = *most.mapped(func(k key) key { return k.cut(most.detail) })
	s.number -= was - len(most.samples)
	return true
}
