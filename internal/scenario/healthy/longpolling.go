package healthy

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

func longPolling() scenario.Scenario {
	return scenario.Scenario{
		Name:  "long-polling",
		Doc:   "Hundreds of HTTP clients that began together wait up to half a minute for an answer, as they mean to.",
		Start: built(buildLongPolling),
	}
}

const (
	pollers = 400
	topics  = 50
)

func buildLongPolling(p *program) error {
	b := newBoard(topics)
	url, err := p.serveHTTP(http.HandlerFunc(b.poll), nil)
	if err != nil {
		return err
	}
	client := p.client(pollers)
	for i := range pollers {
		p.running.Go(func() {
			for p.ctx.Err() == nil {
				if err := get(p.ctx, client, fmt.Sprintf("%s/?topic=%d", url, i%topics)); err != nil {
					p.fail(err)
					return
				}
			}
		})
	}
	p.running.Go(func() {
		scenario.Every(p.ctx, 250*time.Millisecond, func() { b.publish(rand.N(topics)) })
	})
	return nil
}

// board wakes those who wait for a message on a topic.
type board struct {
	mu   sync.Mutex
	news []chan struct{} // by topic; closed when there is a message
}

func newBoard(topics int) *board {
	b := &board{news: make([]chan struct{}, topics)}
	for i := range b.news {
		b.news[i] = make(chan struct{})
	}
	return b
}

func (b *board) publish(topic int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.news[topic])
	b.news[topic] = make(chan struct{})
}

func (b *board) wait(topic int) <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.news[topic]
}

// poll answers when there is a message, or with nothing after five to thirty seconds.
func (b *board) poll(w http.ResponseWriter, r *http.Request) {
	var topic int
	if _, err := fmt.Sscan(r.FormValue("topic"), &topic); err != nil || topic < 0 || topic >= topics {
		http.Error(w, "which topic?", http.StatusBadRequest)
		return
	}
	timeout := time.NewTimer(between(5*time.Second, 30*time.Second))
	defer timeout.Stop()
	select {
	case <-b.wait(topic):
		fmt.Fprintln(w, "a message")
	case <-timeout.C:
		w.WriteHeader(http.StatusNoContent)
	case <-r.Context().Done():
	}
}
