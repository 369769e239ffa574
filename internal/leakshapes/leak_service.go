package leakshapes

import (
	"sync"
	"testing"
	"time"
)

func cacheJanitor() Shape {
	return Shape{
		Name:   "cache-janitor",
		Doc:    "A cache starts a janitor that sweeps it from time to time, and has a Close that nobody calls.",
		Source: saioc + ": method contract violation",
		Stays:  1,
		Run: func(t testing.TB) {
			c := newPageCache()
			c.put("/", "home")
			if c.get("/") != "home" {
				t.Error("not in the cache")
			}
		},
	}
}

type pageCache struct {
	mu    sync.Mutex
	pages map[string]string
	quit  chan struct{} // for a Close
}

func newPageCache() *pageCache {
	c := &pageCache{pages: make(map[string]string), quit: make(chan struct{})}
	go c.sweep() // stays
	return c
}

func (c *pageCache) sweep() {
	ticker := time.NewTicker(often)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			c.mu.Lock()
			clear(c.pages)
			c.mu.Unlock()
		case <-c.quit:
			return
		}
	}
}

func (c *pageCache) put(path, page string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pages[path] = page
}

func (c *pageCache) get(path string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pages[path]
}

func logFlusher() Shape {
	return Shape{
		Name:    "log-flusher",
		Doc:     "A logger writes in the background what it is given, and the program drops it without its Close.",
		Source:  saioc + ": method contract violation",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			l := newLineLogger(4)
			l.print("starting")
			l.print("started")
		},
	}
}

type lineLogger struct {
	lines   chan string
	written []string
}

func newLineLogger(room int) *lineLogger {
	l := &lineLogger{lines: make(chan string, room)}
	go func() { // stays
		for line := range l.lines {
			l.written = append(l.written, line)
		}
	}()
	return l
}

func (l *lineLogger) print(line string) { l.lines <- line }

func rateLimiter() Shape {
	return Shape{
		Name:  "rate-limiter",
		Doc:   "A limiter refills its bucket at each tick, as long as the process lives.",
		Stays: 1,
		Run: func(testing.TB) {
			l := newBucket(2)
			<-l.tokens
			<-l.tokens
		},
	}
}

type bucket struct{ tokens chan struct{} }

func newBucket(size int) *bucket {
	b := &bucket{make(chan struct{}, size)}
	for range size {
		b.tokens <- struct{}{}
	}
	go b.refill() // stays
	return b
}

func (b *bucket) refill() {
	ticker := time.NewTicker(often)
	defer ticker.Stop()
	for range ticker.C {
		select {
		case b.tokens <- struct{}{}:
		default: // full
		}
	}
}

func observerNotRemoved() Shape {
	return Shape{
		Name:    "observer-not-removed",
		Doc:     "An observer subscribes and is never unsubscribed, so that its channel is never closed.",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			b := &bus{observers: make(map[string]chan string)}
			b.subscribe("mailer", func(event string) { _ = len(event) })
			b.publish("signed up")
		},
	}
}

type bus struct{ observers map[string]chan string }

func (b *bus) subscribe(name string, observe func(event string)) {
	events := make(chan string)
	b.observers[name] = events
	go func() { // stays
		for e := range events {
			observe(e)
		}
	}()
}

func (b *bus) unsubscribe(name string) {
	close(b.observers[name])
	delete(b.observers, name)
}

func (b *bus) publish(event string) {
	for name, events := range b.observers {
		if event == "the end" {
			b.unsubscribe(name)
			continue
		}
		events <- event
	}
}

func actorMailbox() Shape {
	return Shape{
		Name:    "actor-mailbox",
		Doc:     "An actor lives as long as its mailbox is open, and nobody closes it.",
		Stays:   1,
		Forever: true,
		Run: func(t testing.TB) {
			mailbox := make(chan func(balance *int))
			go func() { // stays
				balance := 0
				for act := range mailbox {
					act(&balance)
				}
			}()
			got := make(chan int)
			mailbox <- func(balance *int) { *balance += 5 }
			mailbox <- func(balance *int) { got <- *balance }
			if n := <-got; n != 5 {
				t.Errorf("a balance of %d", n)
			}
		},
	}
}

func stopFromWithin() Shape {
	return Shape{
		Name:    "stop-from-within",
		Doc:     "A message's handler closes its own connection, and Close waits for the handler's loop.",
		Source:  goker + ": syncthing#5795",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			c := &peer{inbox: make(chan string), closed: make(chan struct{}), loopEnded: make(chan struct{})}
			go c.dispatch() // stays
			c.inbox <- "bye"
		},
	}
}

type peer struct {
	inbox     chan string
	closed    chan struct{}
	loopEnded chan struct{}
}

func (p *peer) dispatch() {
	defer close(p.loopEnded)
	for {
		select {
		case message := <-p.inbox:
			if message == "bye" {
				p.close()
			}
		case <-p.closed:
			return
		}
	}
}

func (p *peer) close() {
	close(p.closed)
	<-p.loopEnded
}
