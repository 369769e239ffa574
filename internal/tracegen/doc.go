// Package tracegen writes synthetic execution traces, valid and broken, for
// tests and benchmarks. Nothing else imports it but the harness for users' tests, package
// detectors/detectortest.
//
// It has two layers. A [World] is a small scheduler simulation: the author of
// a test says what happens at which nanosecond,
//
//	w := tracegen.NewWorld(wire.Go126)
//	m := w.Thread(100, w.Proc(0))
//	g := w.Goroutine(7, wire.GoWaiting, w.Stack("main.serve"))
//	m.NetpollUnblock(1_000_000, g)
//	m.Start(1_200_000, g)
//	m.End(1_500_000)
//	trace := w.Bytes()
//
// and the World adds what the runtime would: statuses before the first mention
// in a generation, sequence numbers, string and stack tables, clock snapshots.
// An impossible order, such as starting a goroutine that is not runnable, is a
// bug in the test and panics.
//
// A [Trace] is the layer below: generations, batches and events exactly as
// they are told, right or wrong.
//
// Whole valid traces of any size are made from a seed: by [Random], in which all
// that can happen does, and by [Service], in which it happens as in a program.
// [Shape] says how many threads, goroutines, events and so on they have.
// [Relabel] renames a trace's ids, and [Corrupt] breaks a trace in one random
// place. [FromBytes] makes a small trace, valid or changed in places, of a
// fuzzer's bytes.
//
// A trace is made in memory or, with [World.To], [WriteRandom] and
// [WriteService], written generation by generation.
package tracegen
