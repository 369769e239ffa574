package leakshapes

import (
	"runtime"
	"sync"
	"testing"
)

func closeWithoutBroadcast() Shape {
	return Shape{
		Name:    "close-without-broadcast",
		Doc:     "A queue is closed, and those that wait for its next element are not told.",
		Source:  goker + ": moby#30408, no Signal for a Wait",
		Stays:   2,
		Forever: true,
		Run: func(testing.TB) {
			q := newWorkQueue()
			for range 2 {
				go q.take() // stays 2
			}
			q.awaitTakers(2)
			q.close()
		},
	}
}

func signalForMany() Shape {
	return Shape{
		Name:    "signal-for-many",
		Doc:     "Three wait until a queue is filled, and a Signal where a Broadcast is needed wakes one of them.",
		Stays:   2,
		Forever: true,
		Run: func(testing.TB) {
			q := newWorkQueue()
			for range 3 {
				go q.take() // stays 2
			}
			q.awaitTakers(3)
			q.put("a", "b", "c")
		},
	}
}

type workQueue struct {
	mu      sync.Mutex
	changed *sync.Cond
	items   []string
	waiting int
	closed  bool
}

func newWorkQueue() *workQueue {
	q := new(workQueue)
	q.changed = sync.NewCond(&q.mu)
	return q
}

func (q *workQueue) take() (item string, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting++
	for len(q.items) == 0 && !q.closed {
		q.changed.Wait()
	}
	q.waiting--
	if len(q.items) == 0 {
		return "", false
	}
	item, q.items = q.items[0], q.items[1:]
	return item, true
}

func (q *workQueue) put(items ...string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.items = append(q.items, items...)
	q.changed.Signal()
}

func (q *workQueue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}

// awaitTakers returns when so many wait for an element.
func (q *workQueue) awaitTakers(n int) {
	for {
		q.mu.Lock()
		waiting := q.waiting
		q.mu.Unlock()
		if waiting == n {
			return
		}
		runtime.Gosched()
	}
}

func lostWakeUp() Shape {
	return Shape{
		Name:    "lost-wake-up",
		Doc:     "Who waits for the start does not ask whether it was before, and it was.",
		Source:  tu + ": Cond",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			s := &starter{changed: sync.NewCond(new(sync.Mutex))}
			s.start()
			go s.wait() // stays
		},
	}
}

type starter struct {
	changed *sync.Cond
	started bool
}

func (s *starter) start() {
	s.changed.L.Lock()
	defer s.changed.L.Unlock()
	s.started = true
	s.changed.Broadcast()
}

func (s *starter) wait() {
	s.changed.L.Lock()
	defer s.changed.L.Unlock()
	s.changed.Wait()
}
