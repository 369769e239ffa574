package healthy

import (
	"bufio"
	"fmt"
	"net/http"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

func eventStreams() scenario.Scenario {
	return scenario.Scenario{
		Name:  "event-streams",
		Doc:   "Three hundred clients read bodies that never end, and each waits in the network for its next event.",
		Start: built(buildEventStreams),
	}
}

func buildEventStreams(p *program) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /prices", streamPrices)
	mux.HandleFunc("GET /log", streamLog)
	url, err := p.serveHTTP(mux, nil)
	if err != nil {
		return err
	}
	client := p.client(0)
	for range 200 {
		p.running.Go(func() { p.follow(client, url+"/prices") })
	}
	for range 100 {
		p.running.Go(func() { p.follow(client, url+"/log") })
	}
	return nil
}

// follow reads a stream line by line.
func (p *program) follow(client *http.Client, url string) {
	body, err := open(p.ctx, client, url)
	if err != nil {
		p.fail(err)
		return
	}
	defer body.Close()
	lines := bufio.NewScanner(body)
	for lines.Scan() {
		p.work(uint64(len(lines.Bytes())), 100)
	}
	p.fail(lines.Err())
}

// streamPrices sends a server-sent event a few times a second.
func streamPrices(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	for n := 0; pause(r.Context(), between(100*time.Millisecond, 400*time.Millisecond)); n++ {
		fmt.Fprintf(w, "event: price\ndata: %d\n\n", n)
		if http.NewResponseController(w).Flush() != nil {
			return
		}
	}
}

// streamLog sends a line when there is one.
func streamLog(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(http.StatusOK)
	for {
		if http.NewResponseController(w).Flush() != nil {
			return
		}
		if !pause(r.Context(), between(300*time.Millisecond, 3*time.Second)) {
			return
		}
		fmt.Fprintln(w, "something has happened")
	}
}
