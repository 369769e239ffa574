package detectors

import "time"

// A Counter is a number that only grows, counted from some moment of the past, or
// unknown, which is not zero. Only the difference of two means something, see
// [Counter.Since].
type Counter[T uint64 | time.Duration] struct {
	Value T // 0 where it is not known
	Known bool
}

// Count returns a counter that is known.
func Count[T uint64 | time.Duration](value T) Counter[T] { return Counter[T]{value, true} }

// Since returns by how much it grew from before on. That is unknown where one of them is,
// and where it is less than before: then it was counted from another moment.
func (c Counter[T]) Since(before Counter[T]) Counter[T] {
	if !c.Known || !before.Known || c.Value < before.Value {
		return Counter[T]{}
	}
	return Count(c.Value - before.Value)
}

// plus returns the sum of two growths. It is unknown where one of them is.
func plus(a, b Counter[time.Duration]) Counter[time.Duration] {
	if !a.Known || !b.Known {
		return Counter[time.Duration]{}
	}
	return Count(addDurations(a.Value, b.Value))
}
