package healthy

// mix computes for a while, a few nanoseconds a round on a usual machine. The runtime can preempt
// it anywhere.
func mix(seed uint64, rounds int) uint64 {
	h := seed | 1
	for range rounds {
		h ^= h >> 33
		h *= 0xff51afd7ed558ccd
		h ^= h >> 29
	}
	return h
}

// work computes for nothing but the time it takes.
func (p *program) work(seed uint64, rounds int) { p.worked.Add(mix(seed, rounds)) }
