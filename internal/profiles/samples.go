package profiles

import (
	"math"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

// key is what samples are told apart by. It has no gaps, so that it is hashed as one piece.
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

// table is the samples of one profile, in the order in which they came.
type table struct {
	at     map[key]uint32
	keys   []key
	sums   []sum
	detail detail
	lost   uint64 // how many were added to the sample of no stack for lack of room
}

func newTable() *table { return &table{at: make(map[key]uint32)} }

func (t *table) add(k key, x sum) {
	i, ok := t.at[k]
	if !ok {
		i = uint32(len(t.keys))
		t.at[k] = i
		t.keys = append(t.keys, k)
		t.sums = append(t.sums, sum{})
	}
	t.sums[i].add(x)
}

// map returns a table with other keys: samples that have the same one then are one.
func (t *table) mapped(to func(key) key) *table {
	m := newTable()
	for i, k := range t.keys {
		m.add(to(k), t.sums[i])
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
		if at, ok := t.at[k]; ok {
			t.sums[at].add(x)
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
		if t != nil && t.detail < noLabels && (most == nil || len(t.keys) > len(most.keys)) {
			most = t
		}
	}
	if most == nil {
		return false
	}
	was := len(most.keys)
	most.detail++
	*most = *most.mapped(func(k key) key { return k.cut(most.detail) })
	s.number -= was - len(most.keys)
	return true
}
