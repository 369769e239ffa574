package healthy

import (
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

func growingPools() scenario.Scenario {
	return scenario.Scenario{
		Name:  "growing-pools",
		Doc:   "Two worker pools grow for eight seconds and level off, and some of their workers have never been given a job.",
		Start: built(buildGrowingPools),
	}
}

const (
	poolFirst  = 4
	poolMost   = 52
	poolGrowth = time.Second / 6 // a worker each
)

func buildGrowingPools(p *program) error {
	// In one, all workers receive from the same channel and take turns.
	jobs := make(chan uint64)
	turns := func() {
		p.running.Go(func() {
			for {
				select {
				case <-p.ctx.Done():
					return
				case n := <-jobs:
					p.work(n, 5000)
				}
			}
		})
	}
	// In the other, each has its own channel, and who was busy last is given the next job.
	s := &stackPool{}
	for range poolFirst {
		turns()
		s.add(p)
	}
	p.running.Go(func() {
		for range poolMost - poolFirst {
			if !pause(p.ctx, poolGrowth) {
				return
			}
			turns()
			s.add(p)
		}
	})
	p.running.Go(func() {
		n := uint64(0)
		scenario.Every(p.ctx, 5*time.Millisecond, func() {
			n++
			select {
			case jobs <- n:
			case <-p.ctx.Done():
			}
			s.do(n)
		})
	})
	return nil
}

// stackPool gives a job to the worker that was busy last: its memory is still warm. The others
// wait for a day with more work.
type stackPool struct {
	mu   sync.Mutex
	idle []chan uint64
}

// add starts a worker.
func (s *stackPool) add(p *program) {
	own := make(chan uint64, 1)
	p.running.Go(func() {
		for {
			select {
			case <-p.ctx.Done():
				return
			case n := <-own:
				p.work(n, 5000)
				s.push(own)
			}
		}
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = append([]chan uint64{own}, s.idle...) // the newest is the last to be asked
}

func (s *stackPool) push(worker chan uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.idle = append(s.idle, worker)
}

// do has a worker do a job, or nobody if all are busy.
func (s *stackPool) do(n uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := len(s.idle); k > 0 {
		s.idle[k-1] <- n
		s.idle = s.idle[:k-1]
	}
}
