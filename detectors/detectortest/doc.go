// Package detectortest tests detectors, one's own and the built-in ones: with traces that a
// person writes and reads as text.
//
//	func TestLongLock(t *testing.T) { detectortest.Run(t, LongLock{}, "testdata/longlock*.txt") }
//
// A file says what happens in a program, and what the detector is expected to find. This one
// tests the detector that package detectors shows how to write:
//
//	# A flush keeps a lock for two seconds, and requests wait for it one after the other.
//	procs 2
//	windows 3
//
//	stack put = mutexlock < main.(*store).put store.go:42 < main.serve
//	goroutine flusher begins main.flush parks "sleep" at sleep < main.flush
//	goroutine request*20 begins main.serve parks "chan receive" at chanrecv < main.serve
//
//	at 100ms flusher woken, +1us on P1, +2s blocks "sleep"
//	every 50ms from 200ms, 20 times as i
//		at 0s request[i] woken, +1us on P0, +1us blocks "sync" at put
//	every 10us from 1.5s, 20 times as i          # while it flushes
//		at 0s request[i] woken by flusher at mutexunlock < main.flush
//		at 1us request[i] on P0, +1us blocks "chan receive" at chanrecv < main.serve
//
//	expect 1, 3 silent
//	expect 2 finding main.(*store).put store.go:42 warning
//		from 2 to 2
//		score 1.299998
//		summary "waited 1.299998s for the lock"
//	expect 2 verdict value 1.299998s threshold 1s
//
// Where the detector says something else, the test fails with the file's line, what was
// expected and what was found; and with all that the detector said of that window, written
// as it would be expected. That can be put into the file if it is right.
//
// [Check] does the same with a text instead of a file. [Read] only makes the trace, for
// whatever else reads traces.
//
// # Lines
//
// A # at a line's beginning or after a blank begins a comment. Lines that are indented
// further belong to the line above: they are the block of a repetition or of an if; further
// frames of a stack; further steps; or further words of a goroutine or an expectation.
//
// Declarations, what happens and what is expected may come in any order, but a name has to
// be declared before another declaration uses it.
//
// # Numbers and durations
//
// A duration has a unit, without a blank: ns, us, ms, s, min, h. A number has none, or one of
// kB, MB, GB, KiB, MiB, GiB. Both are calculated with +, -, *, /, // (rounded down), % (what
// is left of that), parentheses and the comparisons ==, !=, <, <=, >, >=, which are 1 or 0.
//
//	let late = 20ms + i%10*1ms + (i == 3)*12ms
//
// gives a value a name: everywhere, or up to the end of the block that it stands in.
//
// # What there is
//
// Each of these lines may be there once, and has the value given here if it is not:
//
//	go 1.26       # the release whose format the trace has, 1.22 to 1.27
//	procs 1       # how many Ps
//	window 1s     # how long a window is: the runtime's generations last a second
//	windows 1     # how many windows there are
//	lose 2, 4     # windows that do not reach the detector, none by default: the next is Fresh
//
// A stack is frames with < between them, innermost first: functions, each with its file:line
// or without, and names of other stacks. It stands wherever a stack is needed (at …,
// begins …, by …), or gets a name:
//
//	stack query = tcpread < main.(*store).query store.go:42 < httphandler
//
// There are already tcpread, tcpwrite and tcpaccept (waits for the network), httphandler (the
// frames under a handler), httpclient (where a caller waits for an answer), mutexlock and
// mutexunlock, chansend, chanrecv, sleep, and assist (a GC mark assist); nowhere is the stack
// without frames.
//
// A goroutine has a name. With *COUNT there are that many alike, with indices from 0:
//
//	goroutine worker*20 begins main.work by main.main parks "chan receive" at chanrecv < main.work
//	goroutine sweeper begins runtime.bgsweep
//	goroutine old was waiting at tcpread < main.read
//
// begins says which function it begins in, by the stack of the go statement (main.main by
// default). That decides whether it is the runtime's own. One that no step creates is created
// when the trace begins, by a goroutine main on P0. With parks it runs there until it parks,
// so that it can be woken; without it is runnable. All that takes a microsecond a step: what
// happens comes after it.
//
// was says what a goroutine was doing before the trace began, so that it is not known since
// when: was waiting, was runnable, was running on P0, was syscall (on P0, or without a P);
// then at its stack; then assisting, if it was in a GC mark assist.
//
//	gc was marking                    # a collection was, when the trace began
//	clock wall step 2s from 3.5s      # the wall clock is set two seconds ahead
//	clock mono drift 50ppm            # the monotonic clock goes faster than the trace's
//
// say what the clocks show in the snapshot that each window begins with (Go 1.25); at first
// all go alike.
//
// # What happens
//
//	at TIME WHO STEP, STEP, …
//
// says what a goroutine does from a time on, counted from the trace's beginning. A step
// happens at the same time as the one before, or later by a duration that stands before it
// with a plus:
//
//	at 100ms worker[3] woken, +50us on P0, +30ms blocks "sync" at mutexlock < main.work
//
// Worker 3 becomes runnable after 100 ms, waits 50 µs for a P, runs for 30 ms, and waits. Lines
// need not be in the order of time. What happens in the same nanosecond happens in the
// order of the lines. A step without at STACK is at the stack that the goroutine was last said
// to be at, or where it began. It is an error if something cannot be, such as two goroutines
// that run on one P.
//
// Becoming runnable:
//
//	woken                       by a timer or the network poller
//	woken on P1                 the same, by P1 when it has nothing to run
//	woken by other [at STACK]   by a goroutine that runs; or, said of that one,
//	wakes other [at STACK]
//	creates other [at STACK]    of the go statement; else as declared
//	creates coroutine other     Go 1.23: it waits until somebody switches to it
//	created on P1               by a timer (time.AfterFunc)
//
// Running and stopping:
//
//	on P0                       gets a P and runs; P[i%2] is a P by its number
//	blocks "reason" [at STACK]  parks, with the reason in the runtime's words ("chan receive",
//	                            "sync", "network" …; one that is not known as other "reason")
//	preempted [at STACK]
//	yields [at STACK]
//	ends
//	switches to other           Go 1.23: waits, and the coroutine runs in its place
//	syscall [at STACK]          enters a system call, with its P
//	loses P                     the runtime takes it, because the call takes long
//	returns                     runs on; or, without a P, is runnable
//
// The collector, the world and the program's own marks, of a goroutine that runs:
//
//	gc begins [at STACK], gc ends                    the mark phase
//	assist begins [at STACK], assist ends            a mark assist, in which it may block
//	sweep begins [at STACK], sweep ends 8kB reclaims 2kB
//	heap 4MB, goal 8MB                               what is allocated, and may be
//	stw begins "GC mark termination" [at STACK], stw ends
//	procs 4 [at STACK]                               GOMAXPROCS changes
//	task NAME begins "GET /" [in PARENT] [at STACK], task NAME ends [at STACK]
//	region begins "decode" [in TASK] [at STACK], region ends [at STACK]
//	log "category" "message" [in TASK] [at STACK]
//	label "GC (dedicated)"
//	sampled [at STACK]                               by the CPU profiler
//
// heap, goal, sweep and sampled may be said of a P that runs nothing, too (at 5ms P0 heap
// 4MB); only of a P: stops and starts.
//
// # Repetition
//
//	every 40ms from 5ms to 3s as i    # to and from, and a number of times, may be left out
//	every 5us, 20 times as i
//	repeat 20 as i                    # all at once: as many goroutines
//	if i%8 == 0
//
// Times in a block count from the time at which it is gone through: from, from + 40ms, … up
// to but not at to; they may be before it (at -2us). i is 0 the first time. What would lie after
// the trace's end is left out.
//
// A window ends with the last event in it, which is there a microsecond before the next
// begins. In the first ten microseconds of a window all goroutines are listed; what happens
// there may be told some nanoseconds late.
//
// # What is expected
//
//	expect WINDOWS silent
//	expect WINDOWS finding SITE …
//	expect WINDOWS verdict …
//
// WINDOWS are 2, or 2 to 5, or 1, 3, last, or all; nothing means all. Findings are
// expected in the detector's order, the most important first. A finding that no line expects
// is an error; so in windows of which no finding is expected none may be, whether silent says
// so or not.
//
// SITE is a function, with its file:line or without, or anywhere. What may follow, each
// where it matters:
//
//	info, warning, critical     its severity
//	kind preempt-rate           if it is not the detector's
//	score 1.5
//	from 2 to 3                 it rests on what was from window 2's beginning to window 3's
//	                            end; or a time, as 2.5s
//	summary "for the lock"      a part of it. is "…" is all of it, "" is nothing, /…/ a regular
//	                            expression, not before one of these the contrary; may be repeated
//	why …, advice …             the same
//	measure "P99" 29ms threshold 20ms baseline 1ms unit "s"
//	no measure "P50"
//	sites 2                     how many sites there are as evidence
//	site main.work work.go:7 count 5 total 3s max 1s what "ran"
//	goroutine worker[3] on P0 at 1.2s for 30ms what "waited"
//
// If a site is named, all are, in their order, unless sites says how many there are; if a
// goroutine is named, all are. any stands for any goroutine. A verdict has applicable or not
// applicable, value, threshold, unit and note.
//
// A number is expected as it is but for rounding, or as 5 ± 1 (or 5 +/- 1), as 5 ± 10%, or as
// 4 to 6. A duration counts in seconds where the unit is one.
package detectortest
