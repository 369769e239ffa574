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
// Who wants sums to the nanosecond, and nothing else, reads exactly: in the order of time, but
// without what only a detector asks for. See Exact.
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
// BenchmarkRead compares with the reference reader, the default detectors attached: on the trace
// of a busy HTTP service its time is 6.0 times ours, with 128 threads 7 times, with ten thousand
// goroutines 5 times, on that of a program that mostly collects garbage 4.5 times.
// BenchmarkReadScale prints what an event costs from 2 to 256 threads (up to 1.25 times as
// much) and from a thousand goroutines to a hundred thousand (1.2 times) and a million (2.2 to
// 2.5 times: each that is woken is a miss in every cache, of two hundred nanoseconds where
// this was measured, for some twenty events).
//
// What made it fast, each as the time before over the time after:
//
//   - threads that go ahead of each other, 1.55. In the order of time the next event is another
//     thread's at every third one, and nothing foresees it (0.34 mispredictions an event,
//     measured by replaying just that decision). Decoding and merging alone, with nothing
//     made of the events, took as long then as everything takes now.
//   - one loop that has the rules of the most frequent event types in it, 1.5 over a function
//     called for each event; a jump table for them, 1.05 over comparisons in order of frequency.
//   - sums in the window's totals instead of observers that are told, 1.3; the sums in the loop
//     itself, 1.05.
//   - the running goroutine, the P and the moment in variables, not in the thread's state, 1.03.
//   - numbers decoded by foreseen branches on their lengths, 1.04 over shifts and masks: with
//     those the place of the next event is known only when all before it is decoded.
//   - a system call that nothing interrupts as one step, 1.05 where there are many; sweeps and
//     assists in the loop, 1.19 where a program mostly collects garbage.
//   - for the exact reading, to leave out what nobody asks it for, 1.22, and to go on with the next
//     thread's turn without leaving the loop's function, 1.05.
//   - lists of goroutines in the loop as well, 1.3 of what they take.
//
// With a million goroutines a start that looks at one cache line instead of two is 1.2.
//
// What gave nothing: slices of a quarter or of ten times the length; decoding ahead; heaps
// without branches; the waits that the network poller ends in the loop too; a load for each
// number instead of shifts; with a million goroutines, places that follow from their numbers, and
// huge pages. A flag that is asked for at each event costs 3 %: the loop is compiled twice
// instead. Removing bounds checks gives 1.5 %, profile-guided optimisation 4 %.
//
// What is left, as shares: decoding and telling the types apart about 40 %, following
// goroutines and Ps 25 %, totals 20 %, cutting into generations 8 %, detectors 1 to 10 % (ten
// where every start is late). A generation's stacks are looked up once each, which is a
// third where ten thousand different ones come up every second.
//
// A loop that only decodes, with the same branches on types and lengths, takes 0.4 of what
// the timeline takes: a reader that did nothing with the events would be fifteen times as
// fast as the reference. What follows them, on one core, is believed to have a limit near
// eight times.
package timeline
