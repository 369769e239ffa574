package healthy

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// program is goroutines under one context, and what is to be closed after they have ended. The
// programs start their goroutines with running.Go in their own functions, because a watcher tells
// goroutines apart by the go statement.
type program struct {
	ctx     context.Context // ends when the program is to stop
	cancel  context.CancelFunc
	running sync.WaitGroup
	worked  atomic.Uint64 // what came out of work, so that it is done

	mu     sync.Mutex
	closes []func() error
	err    error
}

// errSound says that there is no fault in a healthy program.
var errSound = errors.New("healthy: the program has no fault that could begin")

// built returns a scenario's Start. What build has started before it fails is stopped.
func built(build func(p *program) error) func(context.Context) (scenario.Program, error) {
	return func(ctx context.Context) (scenario.Program, error) {
		p := &program{}
		p.ctx, p.cancel = context.WithCancel(ctx)
		if err := build(p); err != nil {
			return nil, errors.Join(err, p.Stop())
		}
		return p, nil
	}
}

// Break implements [scenario.Program].
func (p *program) Break(scenario.Strength) error { return errSound }

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

// atEnd has f called when the goroutines have ended. What was started last is closed first.
func (p *program) atEnd(f func() error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closes = append(p.closes, f)
}

// fail takes note of an error, unless the program is being stopped: then connections break, and
// that is no fault.
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
