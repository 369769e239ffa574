package clients

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// callers is how many goroutines ask the server at once when it is slow.
const callers = 24

// program is a server, a client and its callers.
type program struct {
	ctx     context.Context // ends when the program is to stop
	cancel  context.CancelFunc
	running sync.WaitGroup
	manner  manner
	delay   atomic.Int64 // how long the server takes at least, in nanoseconds; at most twice as long

	mu     sync.Mutex
	closes []func() error
	err    error
}

// built returns a scenario's Start. What build has started before it fails is stopped.
func built(build func(p *program) error, m manner) func(context.Context) (scenario.Program, error) {
	return func(ctx context.Context) (scenario.Program, error) {
		p := &program{manner: m}
		p.ctx, p.cancel = context.WithCancel(ctx)
		p.delay.Store(int64(time.Millisecond))
		if err := build(p); err != nil {
			return nil, errors.Join(err, p.Stop())
		}
		return p, nil
	}
}

// Break implements [scenario.Program]: the server becomes slow.
func (p *program) Break(s scenario.Strength) error {
	slow := 200 * time.Millisecond
	if s == scenario.Mild {
		slow = 100 * time.Millisecond
	}
	p.delay.Store(int64(slow))
	return nil
}

// Stop implements [scenario.Program].
func (p *program) Stop() error {
	p.cancel()
	p.running.Wait()
	p.mu.Lock()
	closes := p.closes
	p.closes = nil
	p.mu.Unlock()
	for _, f := range slices.Backward(closes) {
		p.note(f())
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// atEnd has f called when the callers have ended. What was started last is closed first.
func (p *program) atEnd(f func() error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closes = append(p.closes, f)
}

// fail takes note of an error, unless the program is being stopped.
func (p *program) fail(err error) {
	if p.ctx.Err() == nil {
		p.note(err)
	}
}

// note keeps the first error.
func (p *program) note(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err = err
	}
}

// serve is the time that the server takes for an answer.
func (p *program) serve() {
	d := time.Duration(p.delay.Load())
	pause(p.ctx, d+rand.N(d))
}

// pause waits, and reports whether ctx has not ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// How callers come to ask the server.
type manner int

const (
	asWorkers  manner = 1 << iota // in loops of their own, with a break in between
	asHandlers                    // to answer an HTTP request
)

// ask has callers call f again and again until the program stops.
func (p *program) ask(f func() error) error {
	if p.manner&asWorkers != 0 {
		for range callers {
			p.running.Go(func() {
				for p.rest() {
					p.fail(f())
				}
			})
		}
	}
	if p.manner&asHandlers != 0 {
		return p.handle(f)
	}
	return nil
}

// rest is a caller's break.
func (p *program) rest() bool {
	return pause(p.ctx, 40*time.Millisecond+rand.N(20*time.Millisecond))
}
