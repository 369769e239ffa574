package healthy

import (
	"fmt"
	"net/http"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

func http2Streams() scenario.Scenario {
	return scenario.Scenario{
		Name:  "http2-streams",
		Doc:   "Eighty streams of one HTTP/2 connection wait for an event that comes every few seconds, beside short requests.",
		Start: built(buildHTTP2Streams),
	}
}

func buildHTTP2Streams(p *program) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /events", streamRarely)
	mux.HandleFunc("GET /short", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	var clear http.Protocols
	clear.SetUnencryptedHTTP2(true)
	url, err := p.serveHTTP(mux, &clear)
	if err != nil {
		return err
	}
	client := p.client(1)
	client.Transport.(*http.Transport).Protocols = &clear
	for range 80 {
		p.running.Go(func() { p.follow(client, url+"/events") })
	}
	for i := range 10 {
		p.running.Go(func() {
			if pause(p.ctx, time.Duration(i)*10*time.Millisecond) {
				scenario.Every(p.ctx, 100*time.Millisecond, func() {
					if err := get(p.ctx, client, url+"/short"); err != nil {
						p.fail(err)
					}
				})
			}
		})
	}
	return nil
}

// streamRarely sends an event every few seconds.
func streamRarely(w http.ResponseWriter, r *http.Request) {
	for {
		if http.NewResponseController(w).Flush() != nil {
			return
		}
		if !pause(r.Context(), between(3*time.Second, 10*time.Second)) {
			return
		}
		fmt.Fprintln(w, "an event")
	}
}
