package healthy

import (
	"net/http"
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

func idleConnections() scenario.Scenario {
	return scenario.Scenario{
		Name:  "idle-connections",
		Doc:   "Two thousand keep-alive connections are open, and most of their goroutines wait for ever in the network.",
		Start: built(buildIdleConnections),
	}
}

const keptAlive = 2000

func buildIdleConnections(p *program) error {
	url, err := p.serveHTTP(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok")) }), nil)
	if err != nil {
		return err
	}
	clients := make([]*http.Client, keptAlive)
	next := make(chan *http.Client)
	var openers sync.WaitGroup
	for range 20 {
		openers.Go(func() {
			for c := range next {
				if err := get(p.ctx, c, url); err != nil {
					p.fail(err)
				}
			}
		})
	}
	for i := range clients {
		clients[i] = p.client(1)
		next <- clients[i]
	}
	close(next)
	openers.Wait()
	p.running.Go(func() {
		n := 0
		scenario.Every(p.ctx, 10*time.Millisecond, func() {
			if err := get(p.ctx, clients[n%keptAlive], url); err != nil {
				p.fail(err)
			}
			n++
		})
	})
	return nil
}
