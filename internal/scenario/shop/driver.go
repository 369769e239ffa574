package shop

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// queryTimeout is far above what a slow store takes: the fault is slowness, not failure.
const queryTimeout = 10 * time.Second

// maxIdle is short so that a healthy service, which needs a connection or two, does not keep those
// that one hiccup opened.
const maxIdle = time.Second

// pool keeps connections to the store, as a database driver does. Queries that find none idle open
// one; the load bounds how many there are.
type pool struct {
	addr string

	mu     sync.Mutex
	idle   []*storeConn // the last one was used last
	closed bool
}

type storeConn struct {
	net.Conn
	in   *bufio.Reader
	used time.Time
}

func newPool(addr string) *pool { return &pool{addr: addr} }

// queryBackend sends a query to the store and reads the answer in the caller's goroutine. It must
// stay a frame of its own, because it is the site of [Netpoll].
//
//go:noinline
func queryBackend(p *pool, key string) (string, error) {
	c, err := p.get()
	if err != nil {
		return "", fmt.Errorf("store: %w", err)
	}
	c.SetDeadline(time.Now().Add(queryTimeout))
	if _, err := io.WriteString(c, key+"\n"); err != nil {
		c.Close()
		return "", fmt.Errorf("store: sending query: %w", err)
	}
	reply, err := c.in.ReadString('\n')
	if err != nil {
		c.Close()
		return "", fmt.Errorf("store: reading reply: %w", err)
	}
	p.put(c)
	return reply, nil
}

// get returns the connection that was used last, so that the others can grow old, or a new one.
func (p *pool) get() (*storeConn, error) {
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return c, nil
	}
	p.mu.Unlock()
	c, err := net.Dial("tcp", p.addr)
	if err != nil {
		return nil, err
	}
	return &storeConn{Conn: c, in: bufio.NewReader(c)}, nil
}

func (p *pool) put(c *storeConn) {
	c.used = time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		c.Close()
		return
	}
	p.idle = append(p.idle, c)
}

// expire closes the connections that have been idle too long.
func (p *pool) expire(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := 0
	for n < len(p.idle) && now.Sub(p.idle[n].used) > maxIdle {
		p.idle[n].Close()
		n++
	}
	p.idle = append(p.idle[:0], p.idle[n:]...)
}

func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, c := range p.idle {
		c.Close()
	}
	p.idle = nil
}
