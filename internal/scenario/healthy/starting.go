package healthy

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

func startingService() scenario.Scenario {
	return scenario.Scenario{
		Name:  "starting-service",
		Doc:   "A service loads its caches, opens its connections and starts its workers, with a collection for every few megabytes, and then serves.",
		Start: built(buildStartingService),
	}
}

const (
	bootParts   = 8      // of the cache, loaded one after another
	bootEntries = 40_000 // in each
	bootConns   = 32
	bootWorkers = 40
	bootUsers   = 6
)

// boot is the service while it starts.
type boot struct {
	p     *program
	addr  string
	conns chan *bootConn
	jobs  chan uint64

	mu    sync.RWMutex
	cache map[string]string
	done  atomic.Uint64 // jobs
}

type bootConn struct {
	net.Conn
	in *bufio.Reader
}

func buildStartingService(p *program) error {
	addr, err := p.serveTCP(echoLines)
	if err != nil {
		return err
	}
	b := &boot{p: p, addr: addr, conns: make(chan *bootConn, bootConns), jobs: make(chan uint64, bootWorkers), cache: make(map[string]string)}
	url, err := p.serveHTTP(http.HandlerFunc(b.serve), nil)
	if err != nil {
		return err
	}
	client := p.client(bootUsers)
	p.running.Go(func() {
		b.load()
		b.connect()
		b.hire()
		for range bootUsers {
			p.running.Go(func() {
				scenario.Every(p.ctx, 20*time.Millisecond, func() {
					if err := get(p.ctx, client, url); err != nil {
						p.fail(err)
					}
				})
			})
		}
	})
	return nil
}

// load fills the cache, each part in a goroutine of its own, two at a time.
func (b *boot) load() {
	room := make(chan struct{}, 2)
	var parts sync.WaitGroup
	for i := range bootParts {
		parts.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			for k := range bootEntries {
				if b.p.ctx.Err() != nil {
					return
				}
				key, value := fmt.Sprintf("key-%d-%d", i, k), fmt.Sprintf("the value number %d of part %d", k, i)
				b.mu.Lock()
				b.cache[key] = value
				b.mu.Unlock()
			}
		})
	}
	parts.Wait()
}

// connect opens the connections to the backend, all at once.
func (b *boot) connect() {
	var opening sync.WaitGroup
	for range bootConns {
		opening.Go(func() {
			c, err := b.p.dial(b.addr)
			if err != nil {
				b.p.fail(err)
				return
			}
			b.conns <- &bootConn{c, bufio.NewReader(c)}
		})
	}
	opening.Wait()
}

// hire starts the workers.
func (b *boot) hire() {
	for range bootWorkers {
		b.p.running.Go(func() {
			for {
				select {
				case <-b.p.ctx.Done():
					return
				case n := <-b.jobs:
					b.done.Add(mix(n, 2000) & 1)
				}
			}
		})
	}
}

// serve answers from the cache and the backend, and leaves a job behind.
func (b *boot) serve(w http.ResponseWriter, r *http.Request) {
	b.mu.RLock()
	value := b.cache["key-1-1"]
	b.mu.RUnlock()
	var c *bootConn
	select {
	case c = <-b.conns:
	case <-r.Context().Done():
		return
	}
	defer func() { b.conns <- c }()
	if _, err := io.WriteString(c, value+"\n"); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	line, err := c.in.ReadString('\n')
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	select {
	case b.jobs <- uint64(len(line)):
	default:
	}
	io.WriteString(w, line)
}

// echoLines is a backend that answers at once.
func echoLines(c net.Conn) {
	in := bufio.NewReader(c)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		if _, err := io.WriteString(c, line); err != nil {
			return
		}
	}
}
