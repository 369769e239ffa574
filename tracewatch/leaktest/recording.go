package leaktest

import (
	"errors"
	"fmt"
	"io"
	"runtime/trace"
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/ancestry"
	"github.com/gotracewatch/tracewatch/internal/capture"
	"github.com/gotracewatch/tracewatch/internal/timeline"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// recording is this process's execution trace, read as far as leaktest needs it: who started whom,
// and what each goroutine waits for. There is one for all checks, because the runtime has
// one trace; it runs as long as a check does, and a moment longer: beginning a trace takes longer than a
// check.
//
// It takes the flight recorder's slot, so that the code under test can call trace.Start, and go test -trace has it; or
// trace.Start's, if a recorder runs. It leaves either to a Watcher that is started.
type recording struct {
	mu        sync.Mutex
	users     int
	suspended int            // tests that have asked that there be no trace
	unused    time.Time      // since when there are no users
	intake    capture.Intake // nil: there is no trace
	absent    error          // why there is none, or none any more

	code   *detectors.Code
	tl     *timeline.Timeline
	tree   *ancestry.Tree   // nil: nothing was begun
	window detectors.Window // the newest; its Goroutines are those alive at its end
	fed    uint64           // the number of the newest generation
	broken error            // the latest trouble with reading
	gens   []wire.Raw       // the newest, for the artifact
	held   int              // their bytes
	read   time.Time        // when it was read last
	volume float64          // bytes of trace a second, lately
}

const (
	// heldBytes bounds the trace that is kept for the artifact of a test that fails, beyond one
	// generation, and what the runtime keeps until it is read.
	heldBytes = 16 << 20

	// linger is how long the trace runs when the last check has ended. The next one begins sooner, if there is one.
	linger = 100 * time.Millisecond

	// tendEvery is how often somebody looks whether there is something to do.
	tendEvery = 50 * time.Millisecond

	// The trace is read though nobody asks when a quarter of what can be held may have gathered: after two
	// seconds the first time, at the latest after the next. Most tests end before, and what they
	// measure (testing.AllocsPerRun) is not disturbed.
	readFirst = 2 * time.Second
	readLast  = 5 * time.Second // the recorder forgets after ten
)

var (
	errBubble    = errors.New("none can be begun inside a bubble of testing/synctest: call leaktest.Check before synctest.Test, or leaktest.Main in TestMain")
	errSuspended = errors.New("leaktest.WithoutTrace was asked for")
	errWanted    = errors.New("go test -trace wants the other one")

	// errStopped is what becomes of code that calls trace.Stop though its trace.Start has failed, or that never called that:
	// the runtime then stops the flight recorder's trace. The next check begins another.
	errStopped = errors.New("trace.Stop was called without a trace.Start")
)

// join is called when a check begins, and lets the trace run if it can. In a bubble of testing/synctest
// none is begun: the runtime's reader would be part of the bubble, which then never comes to rest.
func (r *recording) join(bubble bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.users++
	if r.intake != nil && !trace.IsEnabled() && !bubble { // see errStopped
		_ = capture.Depart(r.intake, r.add) // there is no more of it
		r.tl.Forget()                       // the numbers go on as if nothing were missing
		r.intake = nil
	}
	switch {
	case r.intake != nil:
		if old, ok := r.intake.(*capture.Stream); ok && !bubble && r.take(recorderSlot) == nil { // the recorder's is free again
			if err := capture.Depart(old, r.add); err != nil {
				r.broken = err
			}
		}
	case r.suspended > 0:
		r.absent = errSuspended
	case bubble:
		r.absent = errBubble
	default:
		r.begin()
	}
}

// leave is called when a check has ended.
func (r *recording) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.users--; r.users == 0 {
		r.unused = time.Now()
	}
}

// suspend is called when a test begins that wants the runtime's slots for itself, and ends the trace.
func (r *recording) suspend() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.suspended++
	if r.intake != nil {
		if err := capture.Depart(r.intake, r.add); err != nil {
			r.broken = err
		}
		r.intake, r.absent = nil, errSuspended
	}
}

// resume is called when such a test has ended. The next check that begins has a trace again.
func (r *recording) resume() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.suspended--
}

// begin starts the trace in the first slot that is free. The lock is held.
func (r *recording) begin() {
	if err := r.take(recorderSlot); err != nil {
		also := errWanted
		if flagOf("test.trace") == "" || trace.IsEnabled() { // else the testing package is about to take it
			also = r.take(streamSlot)
		}
		if also != nil {
			r.absent = fmt.Errorf("both of the runtime's slots are in use: %w; %w", err, also)
			return
		}
	}
	r.absent = nil
	if r.tree != nil {
		return // it had lost its slot
	}
	r.code, r.tree, r.fed, r.broken = detectors.NewCode(), ancestry.New(), 0, nil
	r.tl = timeline.New(r.code, []timeline.Observer{r.tree.Observer()})
	r.window, r.gens, r.held = detectors.Window{}, nil, 0
	r.read, r.volume = time.Now(), heldBytes/4/readFirst.Seconds()
	go r.tendAll()
}

// A slot is one of the runtime's two.
type slot int

const (
	recorderSlot slot = iota
	streamSlot
)

// take lets the trace run in a slot, as a guest. The lock is held.
func (r *recording) take(s slot) error {
	var intake capture.Intake
	switch s {
	case recorderSlot:
		i := capture.NewSnapshot(heldBytes)
		i.Leave = func() { r.vacate(i, streamSlot) }
		intake = i
	case streamSlot:
		i := capture.NewStream(heldBytes)
		i.Leave = func() { r.vacate(i, recorderSlot) }
		intake = i
	}
	if err := intake.Start(); err != nil {
		return err
	}
	r.intake = intake
	return nil
}

// vacate leaves a slot to a Watcher that the code under test starts, and goes on in the other one if that
// is free, without missing anything.
func (r *recording) vacate(old capture.Intake, other slot) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.intake != old {
		return
	}
	if err := r.take(other); err != nil {
		r.intake, r.absent = nil, fmt.Errorf("its slot was left to a Watcher that was started, and the other one is in use: %w", err)
	}
	if err := old.Stop(r.add); err != nil {
		r.broken = err
	}
}

// tendAll tends the trace until it ends.
func (r *recording) tendAll() {
	tick := time.NewTicker(tendEvery)
	defer tick.Stop()
	for range tick.C {
		if r.tend() {
			return
		}
	}
}

// tend reads what has gathered, so that none of it is lost in a test that records much, and ends the trace if nobody has used
// it for a while: that it reports.
func (r *recording) tend() (ended bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.users == 0 && time.Since(r.unused) >= linger {
		if r.intake != nil {
			_ = capture.Depart(r.intake, func(wire.Raw) {}) // nobody needs the rest, so that no error of it matters
		}
		r.intake, r.tl, r.tree, r.code, r.gens = nil, nil, nil, nil, nil
		return true
	}
	if since := time.Since(r.read); r.intake != nil && (since >= readLast || since.Seconds()*r.volume >= heldBytes/4) {
		r.collect()
	}
	return false
}

// collect reads what the runtime has handed out. The lock is held.
func (r *recording) collect() {
	defer func() {
		if v := recover(); v != nil {
			r.broken = fmt.Errorf("a bug in tracewatch, please report it: %v", v)
		}
	}()
	bytes := 0
	err := r.intake.Collect(func(raw wire.Raw) {
		bytes += len(raw.Data)
		r.add(raw)
	})
	if err != nil {
		r.broken = err
	}
	if !trace.IsEnabled() {
		r.broken = errStopped
	}
	if since := time.Since(r.read); since > tendEvery {
		r.volume = float64(bytes) / since.Seconds()
	}
	r.read = time.Now()
}

// add takes the next generation. When the slot was changed, some come twice.
func (r *recording) add(raw wire.Raw) {
	if raw.Number <= r.fed {
		return
	}
	r.fed = raw.Number
	r.gens = append(r.gens, raw)
	for r.held += len(raw.Data); r.held > heldBytes && len(r.gens) > 1; r.gens = r.gens[1:] {
		r.held -= len(r.gens[0].Data)
	}
	if err := r.feed(raw); err != nil {
		r.broken = err
	}
}

// feed reads one generation. What a bug of ours may do here must not end somebody's test run.
func (r *recording) feed(raw wire.Raw) (err error) {
	defer func() {
		if v := recover(); v != nil {
			r.tl.Forget()
			err = fmt.Errorf("a bug in tracewatch, please report it: %v", v)
		}
	}()
	g, err := wire.Parse(raw)
	if err != nil {
		r.tl.Forget()
		return err
	}
	w, err := r.tl.Feed(g)
	if err == nil {
		r.window = w
		r.tree.Window(&w)
	}
	return err
}

// latest is how long upToNow waits for the runtime to end two generations by itself, of which it ends one a
// second: the first may have ended before.
const latest = 3 * time.Second

// upToNow reads the trace up to now, or until what was asked for is known. In the slot of trace.Start that takes as long as
// the runtime needs to end a generation, and is done by who is patient only. Known is called without the lock.
func (r *recording) upToNow(bubble, patient bool, known func() bool) {
	var newest uint64
	for begun := time.Now(); !known(); time.Sleep(5 * time.Millisecond) {
		r.mu.Lock()
		if r.intake == nil {
			r.mu.Unlock()
			return
		}
		if newest == 0 {
			newest = r.window.Generation
		}
		r.collect()
		_, all := r.intake.(*capture.Snapshot) // it makes the runtime end a generation
		all = all || r.window.Generation > newest+1
		r.mu.Unlock()
		if all || time.Since(begun) > latest || !patient || bubble { // in a bubble no time passes by sleeping
			return
		}
	}
}

// writeTo writes the trace that is held.
func (r *recording) writeTo(w io.Writer) error {
	r.mu.Lock()
	gens := r.gens
	r.mu.Unlock()
	if len(gens) == 0 {
		return errors.New("nothing was recorded")
	}
	header := gens[0].Version.Header()
	_, err := w.Write(header[:])
	for i := 0; i < len(gens) && err == nil; i++ {
		_, err = w.Write(gens[i].Data)
	}
	return err
}
