package sick

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// retryAfter is what a refused request is told. All are told the same.
const (
	retryAfter = 250 * time.Millisecond
	resendTime = 100 * time.Microsecond
)

func retryStorm() scenario.Scenario {
	return scenario.Scenario{
		Name:  "retries-without-jitter",
		Doc:   "Hundreds of refused requests for each P are tried again at the same moment by timers that start a goroutine each, are refused again, and so on.",
		Kind:  "timer-storm",
		Sites: []string{site("(*retrier).resend"), site("(*retrier).schedule.func1")},
		Follows: map[string]string{
			"sched-delay":     queueForPs,
			"lock-contention": "all of them take the retrier's mutex, and one that is stopped while it holds it queues for a P as the others do",
		},
		Start: startRetries,
	}
}

func startRetries(ctx context.Context) (scenario.Program, error) {
	s := newStage(ctx)
	if err := s.witness(); err != nil {
		return s.abandon(err)
	}
	// Healthy, a request is refused now and then.
	usual := &retrier{ctx: s.ctx, running: &s.running, first: time.Now()}
	s.atStop(usual.stop)
	usual.begin(5)
	s.fault = func(strength scenario.Strength) error {
		storm := &retrier{ctx: s.ctx, running: &s.running, first: time.Now()}
		s.atStop(storm.stop)
		// For each P these are 60 ms of work at once, or 160.
		storm.begin(runtime.GOMAXPROCS(0) * pick(strength, 600, 1600))
		return nil
	}
	return s, nil
}

// retrier tries refused requests again.
type retrier struct {
	ctx     context.Context
	running *sync.WaitGroup // has one for each timer that is set or whose goroutine runs
	first   time.Time       // the moment from which retries are counted

	mu     sync.Mutex
	timers map[int]*time.Timer
}

// begin has n requests refused.
func (r *retrier) begin(n int) {
	r.timers = make(map[int]*time.Timer, n)
	for i := range n {
		r.running.Add(1)
		r.schedule(i)
	}
}

// schedule sets a request's timer.
func (r *retrier) schedule(i int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ctx.Err() != nil {
		r.running.Done()
		return
	}
	next := r.first.Add((time.Since(r.first)/retryAfter + 1) * retryAfter)
	r.timers[i] = time.AfterFunc(time.Until(next), func() { r.resend(i) })
}

// resend sends a request, which is refused.
//
//go:noinline
func (r *retrier) resend(i int) {
	h := uint64(i)
	for begin := time.Now(); time.Since(begin) < resendTime; {
		for i := range uint64(2000) {
			h = (h ^ (i & 0xff)) * 1099511628211
		}
	}
	if h != 0 {
		r.schedule(i)
	}
}

// stop ends what has not begun. It is called when the context has ended, so that the others end by
// themselves.
func (r *retrier) stop() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.timers {
		if t.Stop() {
			r.running.Done()
		}
	}
	return nil
}
