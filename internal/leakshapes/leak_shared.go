package leakshapes

import (
	"sync"
	"testing"
)

func onceStartedWorker() Shape {
	return Shape{
		Name:    "once-started-worker",
		Doc:     "Each client starts its sender at first use by a sync.Once, and two clients are made and dropped.",
		Stays:   2,
		Forever: true,
		Run: func(testing.TB) {
			for range 2 {
				c := &metricsClient{points: make(chan int)}
				c.send(1)
				c.send(2)
			}
		},
	}
}

type metricsClient struct {
	once   sync.Once
	points chan int
	sum    int
}

func (c *metricsClient) send(point int) {
	c.once.Do(func() {
		go func() { // stays 2
			for p := range c.points {
				c.sum += p
			}
		}()
	})
	c.points <- point
}

func leaderPanicked() Shape {
	return Shape{
		Name:    "leader-panicked",
		Doc:     "Who loads a key for all that ask for it panics, and the others wait for its result for ever.",
		Stays:   2,
		Forever: true,
		Run: func(t testing.TB) {
			l := &sharedLoads{running: make(map[string]*sharedLoad)}
			func() {
				defer func() {
					if recover() == nil {
						t.Error("no panic")
					}
				}()
				l.do("key", func() string { panic("corrupt file") })
			}()
			for range 2 {
				go l.do("key", func() string { return "value" }) // stays 2
			}
		},
	}
}

type sharedLoads struct {
	mu      sync.Mutex
	running map[string]*sharedLoad
}

type sharedLoad struct {
	done  chan struct{}
	value string
}

func (l *sharedLoads) do(key string, load func() string) string {
	l.mu.Lock()
	if r, ok := l.running[key]; ok {
		l.mu.Unlock()
		<-r.done
		return r.value
	}
	r := &sharedLoad{done: make(chan struct{})}
	l.running[key] = r
	l.mu.Unlock()
	r.value = load()
	l.mu.Lock()
	delete(l.running, key)
	l.mu.Unlock()
	close(r.done)
	return r.value
}

func connectionNotReturned() Shape {
	return Shape{
		Name:    "connection-not-returned",
		Doc:     "A pool of one connection lends it to somebody who does not give it back, and two more wait for it.",
		Stays:   2,
		Forever: true,
		Run: func(testing.TB) {
			p := &lender{free: []string{"connection"}}
			p.returned = sync.NewCond(&p.mu)
			p.borrow()
			for range 2 {
				go p.borrow() // stays 2
			}
		},
	}
}

type lender struct {
	mu       sync.Mutex
	returned *sync.Cond
	free     []string
}

func (l *lender) borrow() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.free) == 0 {
		l.returned.Wait()
	}
	c := l.free[0]
	l.free = l.free[1:]
	return c
}

func requestCoalescer() Shape {
	return Shape{
		Name:    "request-coalescer",
		Doc:     "Look-ups are collected until there are four, and two callers wait for the other two.",
		Stays:   3,
		Forever: true,
		Run: func(testing.TB) {
			c := &coalescer{lookUps: make(chan *userLookUp)}
			go c.collect(4) // stays
			for id := range 2 {
				go c.name(id) // stays 2
			}
		},
	}
}

type coalescer struct{ lookUps chan *userLookUp }

type userLookUp struct {
	id   int
	name chan string
}

func (c *coalescer) collect(together int) {
	for {
		var batch []*userLookUp
		for len(batch) < together {
			batch = append(batch, <-c.lookUps)
		}
		for _, l := range batch {
			l.name <- "user"
		}
	}
}

func (c *coalescer) name(id int) string {
	l := &userLookUp{id, make(chan string)}
	c.lookUps <- l
	return <-l.name
}
