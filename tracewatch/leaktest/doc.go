// Package leaktest fails a test that leaves goroutines behind, and says which, who started them, where
// they are stuck and what would wake them.
//
//	func TestFetch(t *testing.T) {
//		leaktest.Check(t)
//		...
//	}
//
// Or, for all tests of a package at once:
//
//	func TestMain(m *testing.M) { leaktest.Main(m) }
//
// # Whose a goroutine is
//
// A goroutine belongs to the test whose goroutine is its ancestor. The runtime's execution trace tells who
// started whom, through goroutines that have long ended, so that tests may run in parallel and each
// answers for its own. What was there before the test does not count, nor what another test, or a
// pool that another test started, starts; nor what the runtime and the testing package do for
// themselves. What is started once for the whole process by whoever comes first (through a sync.Once that is a variable
// of a package; the loop of os/signal) is not counted either; a test's log names it. A Once that is an object's counts, and
// so does any where the program's source is not at its place (-trimpath): the report says that there was one.
// http.DefaultClient's idle connections are closed.
//
// A goroutine that a timer starts (time.AfterFunc) has no ancestor. It belongs to the test in which its function is
// written, or to the one test that runs. If several do and nothing tells, it is logged and not counted; [Main] counts it.
//
// # When it is too late
//
// A goroutine that ends a little after its test is no leak: it has a second ([Grace]), and up to ten while it
// runs, or is ready to and the machine is busy. Where the runtime can prove that nothing will ever wake it (the goroutineleak profile:
// Go 1.27, or 1.26 built with GOEXPERIMENT=goroutineleakprofile) nobody waits that long, and the report says so: it is stuck
// for ever, not slow.
//
// # What it needs
//
// The trace runs while a checked test does, and a tenth of a second longer. It uses the runtime's slot for a flight
// recorder, so that the code under test can call trace.Start, and go test -trace works; if a recorder runs already, it uses
// the slot of trace.Start. A [tracewatch.Watcher] that the code under test starts gets the slot that it needs. If both are
// taken, and in a bubble of testing/synctest that begins before any check, there is no trace: then what is alive tells who
// started it, and the report says what it could not know. A flight recorder of one's own cannot be started while a check
// uses the slot: [WithoutTrace] leaves it. Under go test -bench and -fuzz there is no trace: benchmarks measure what they did without a check,
// and a fuzz function that is checked is called as often; Check(f) outside of f.Fuzz looks once, at the end.
//
// A test that leaks nothing pays half a millisecond, of which most is two looks at all goroutines (their stacks are written:
// some microseconds each), and about 100 ns for each event of the trace (a goroutine's start, stop, block, wake-up,
// system call). Beginning and ending the trace takes two milliseconds more, where no check was for a tenth of a second.
// With go test -artifacts the trace of a failing test is kept as its artifact.
//
// # Moving from goleak
//
//	goleak                                 leaktest
//	defer goleak.VerifyNone(t)             leaktest.Check(t), at the beginning
//	goleak.VerifyTestMain(m)               leaktest.Main(m)
//	goleak.IgnoreTopFunction(f)            leaktest.IgnoreFunction(f), at any depth; or nothing: what another test or the
//	                                       runtime started is not counted
//	goleak.IgnoreAnyFunction(f)            leaktest.IgnoreFunction(f)
//	goleak.IgnoreCurrent()                 nothing: what was there before is not counted
//	goleak.Cleanup(func(int) { … })        leaktest.Cleanup(func() { … }), which runs before the check, not after it
//	no t.Parallel                          t.Parallel
//	0.4 s of retries                       leaktest.Grace(d), a second unless said otherwise
//	in a suite's TearDownTest              leaktest.Check(s.T()) in its SetupTest
//	goleak.Find()                          nothing: a check is a test's; a service has tracewatch.Start
//
// [tracewatch.Watcher]: https://pkg.go.dev/github.com/gotracewatch/tracewatch/tracewatch#Watcher
package leaktest
