package healthy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

func reconnectingStreams() scenario.Scenario {
	return scenario.Scenario{
		Name:  "reconnecting-streams",
		Doc:   "Twenty clients a second come back for event streams after a restart, on connections of their own and on shared ones, and stay.",
		Start: built(buildReconnectingStreams),
	}
}

const (
	ownArrival    = time.Second / 12
	sharedArrival = time.Second / 8
	ownStreams    = 1200 // enough for 100 s, then it levels off
	sharedStreams = 800
	sharedConns   = 4 // an HTTP/2 connection has 250 streams at most
)

func buildReconnectingStreams(p *program) error {
	b := newBoard(topics)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /plain", b.stream)
	mux.HandleFunc("GET /watched", b.streamWatched)
	own, err := p.serveHTTP(mux, nil)
	if err != nil {
		return err
	}
	var clear http.Protocols
	clear.SetUnencryptedHTTP2(true)
	shared, err := p.serveHTTP(mux, &clear)
	if err != nil {
		return err
	}
	var clients []*http.Client
	for range sharedConns {
		c := p.client(1)
		c.Transport.(*http.Transport).Protocols = &clear
		clients = append(clients, c)
	}
	p.running.Go(func() {
		p.arrive(ownArrival, ownStreams, func(_ int, path string) { p.listen(strings.TrimPrefix(own, "http://"), path) })
	})
	p.running.Go(func() {
		p.arrive(sharedArrival, sharedStreams, func(i int, path string) { p.follow(clients[i%sharedConns], shared+path) })
	})
	p.running.Go(func() {
		n := 0
		scenario.Every(p.ctx, 250*time.Millisecond, func() {
			b.publish(n % (topics / 2)) // the other topics are quiet
			n++
		})
	})
	return nil
}

// arrive has one client after the other come and stay, until there are so many.
func (p *program) arrive(period time.Duration, most int, come func(i int, path string)) {
	n := 0
	scenario.Every(p.ctx, period, func() {
		if n == most {
			return
		}
		i := n
		n++
		p.running.Go(func() { come(i, fmt.Sprintf("%s?topic=%d", [...]string{"/plain", "/watched"}[i%2], i%topics)) })
	})
}

// listen reads a stream on a connection of its own.
func (p *program) listen(addr, path string) {
	c, err := p.dial(addr)
	if err != nil {
		p.fail(err)
		return
	}
	if _, err = fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: events\r\n\r\n", path); err == nil {
		_, err = io.Copy(io.Discard, c)
	}
	p.fail(err)
}

// stream sends an event whenever there is news on the topic.
func (b *board) stream(w http.ResponseWriter, r *http.Request) {
	topic, err := greet(w, r)
	for err == nil {
		select {
		case <-b.wait(topic):
			err = event(w)
		case <-r.Context().Done():
			return
		}
	}
}

// streamWatched does the same, and has another goroutine watch the topic.
func (b *board) streamWatched(w http.ResponseWriter, r *http.Request) {
	topic, err := greet(w, r)
	ctx, cancel := context.WithCancel(r.Context())
	news := make(chan struct{})
	var watching sync.WaitGroup
	defer watching.Wait()
	defer cancel()
	watching.Go(func() { b.watch(ctx, topic, news) })
	for err == nil {
		select {
		case <-news:
			err = event(w)
		case <-ctx.Done():
			return
		}
	}
}

// watch tells of all news on a topic.
func (b *board) watch(ctx context.Context, topic int, news chan<- struct{}) {
	for {
		select {
		case <-b.wait(topic):
		case <-ctx.Done():
			return
		}
		select {
		case news <- struct{}{}:
		case <-ctx.Done():
			return
		}
	}
}

// greet begins a stream of events about the topic that the request names.
func greet(w http.ResponseWriter, r *http.Request) (topic int, err error) {
	if _, err := fmt.Sscan(r.FormValue("topic"), &topic); err != nil || topic < 0 || topic >= topics {
		http.Error(w, "which topic?", http.StatusBadRequest)
		return 0, errTopic
	}
	w.Header().Set("Content-Type", "text/event-stream")
	return topic, event(w)
}

// errTopic says that there is no such topic.
var errTopic = errors.New("healthy: no such topic")

func event(w http.ResponseWriter) error {
	fmt.Fprint(w, "data: news\n\n")
	return http.NewResponseController(w).Flush()
}
