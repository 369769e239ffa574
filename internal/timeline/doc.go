// Package timeline turns the generations of a trace into observations: it merges
// the threads' streams into one, follows every goroutine, P and thread through it,
// and tells whoever asked what happened, to whom, and how long the state before had
// lasted.
//
// # Order
//
// Clocks of different processors need not agree to the last nanosecond, so time
// alone does not order events of different threads. The runtime adds sequence
// numbers to what must not be confused: each goroutine and each P counts the
// events by which it passes from one thread to another.
//
// There are two orders in which the threads' events can be gone through.
//
// In the order of time, the earliest event is tried first; if what it says cannot be
// true yet (a goroutine starts that is not runnable so far) the threads behind it are
// tried in turn. The algorithm and its arithmetic are the reference reader's
// (golang.org/x/exp/trace), ties included, so that both give the same events with the
// same nanoseconds. It is the order for whoever wants to hear of every transition.
//
// Nobody else needs it, and it is what costs most: two threads take turns at every third
// event. For sums it is enough that each goroutine's and each P's events are gone through in
// their own order, and the sequence numbers see to that. So a thread goes ahead of the
// others, for a slice of a millisecond, until it is done or meets something that has not
// happened yet, or that has no sequence number and therefore must be in time; then it is
// the turn of the thread that is farthest behind. Moments are then the
// thread's own: the reference's later ones, by which it tells events of one clock tick
// apart, are not there. What somebody wants to hear all of, and what is said of the heap,
// is put into the order of time at the end of each slice. See ahead.go.
//
// The totals are the same in both orders, but for those nanoseconds. Tests hold that they are
// exactly the same if the order of time is gone through with the threads' own moments.
//
// # State
//
// State carries over from one generation to the next. After a gap nothing is
// known, and whatever was going on counts as undetermined until the trace speaks of
// it again.
//
// # The first format
//
// Traces of Go 1.21 and older are read by package tracev1, which gives events in order. Old
// turns them into the same observations, with what follows goroutines and makes totals
// here.
//
// # Speed
//
// BenchmarkRead compares with the reference reader. On a busy HTTP service's trace its
// time is some 3.1 times ours, with the default detectors attached; the reading of it,
// as shares of ours:
//
//   - about half: decoding and merging alone, which is mostly mispredicted branches.
//     Whose event is next changes every third event and cannot be foreseen (0.34
//     mispredictions an event, measured by replaying just that decision), nor can the
//     type (0.35). Decoding ahead, heaps without branches, and longer jump tables gave
//     nothing.
//   - a third: following goroutines and Ps. The loop in fast.go is what made the
//     difference: with the same work in a function called for each event it takes 1.5
//     times as long.
//   - a tenth: the window's totals. Telling observers instead, which is what they
//     replaced, took twice that and more.
//   - the rest: cutting into generations 4 %, detectors 3 %.
//
// A generation's stacks are looked up once each, which is what counts in short traces
// and in programs with very many stacks; with many threads it is the heap.
package timeline
