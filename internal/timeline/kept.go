package timeline

import "github.com/gotracewatch/tracewatch/detectors"

// kept are the observations that were made and not told yet. They are told in the order of
// time, and those of one moment in the order in which they were made.
type kept struct {
	slots []keptSlot
	free  []int32  // slots that nobody has
	heap  []keptAt // of those that are taken, the earliest first
	made  uint64
}

// keptSlot is an observation together with its goroutine, which will have gone on or
// ended by the time it is told.
type keptSlot struct {
	kind detectors.Kind // out of the observers' reach
	o    detectors.Observation
	g    detectors.Goroutine
}

type keptAt struct {
	at   detectors.Time
	made uint64
	slot int32
}

func (a keptAt) before(b keptAt) bool { return a.at < b.at || a.at == b.at && a.made < b.made }

func (k *kept) len() int { return len(k.heap) }

// add keeps a copy of an observation.
func (k *kept) add(o *detectors.Observation, kind detectors.Kind) {
	if len(k.free) == 0 {
		k.free = append(k.free, int32(len(k.slots)))
		k.slots = append(k.slots, keptSlot{})
	}
	n := k.free[len(k.free)-1]
	k.free = k.free[:len(k.free)-1]
	s := &k.slots[n]
	s.kind, s.o = kind, *o
	if o.G != nil {
		s.g = *o.G
	}
	k.made++
	k.heap = append(k.heap, keptAt{o.Time, k.made, n})
	for i := len(k.heap) - 1; i > 0 && k.heap[i].before(k.heap[(i-1)/2]); i = (i - 1) / 2 {
		k.heap[i], k.heap[(i-1)/2] = k.heap[(i-1)/2], k.heap[i]
	}
}

// take returns the earliest, nil if there is none before a moment. It is good until the
// next call of add.
func (k *kept) take(until detectors.Time) *keptSlot {
	if len(k.heap) == 0 || k.heap[0].at >= until {
		return nil
	}
	n := k.heap[0].slot
	last := len(k.heap) - 1
	k.heap[0] = k.heap[last]
	k.heap = k.heap[:last]
	for i := 0; ; {
		child := 2*i + 1
		if child+1 < last && k.heap[child+1].before(k.heap[child]) {
			child++
		}
		if child >= last || !k.heap[child].before(k.heap[i]) {
			break
		}
		k.heap[i], k.heap[child] = k.heap[child], k.heap[i]
		i = child
	}
	k.free = append(k.free, n)
	s := &k.slots[n]
	if s.o.G != nil {
		s.o.G = &s.g
	}
	return s
}
