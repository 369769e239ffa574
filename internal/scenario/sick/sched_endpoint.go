package sick

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"runtime"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// thumbnailTime is less than the ten milliseconds after which the runtime would preempt.
const thumbnailTime = 4 * time.Millisecond

func expensiveEndpoint() scenario.Scenario {
	return scenario.Scenario{
		Name: "expensive-endpoint",
		Doc:  "So many requests for thumbnails, a few milliseconds of CPU time each, are served at once that the server's other requests wait for a P.",
		Follows: map[string]string{
			"netpoll-block": "the clients are in this process, and their answers come late",
		},
		Kind:  "sched-delay",
		Sites: []string{site("renderThumbnail"), site("thumbnail")},
		Start: startEndpoint,
	}
}

// startEndpoint starts a server with two endpoints and the load on the cheap one. The fault is the
// load on the other.
func startEndpoint(ctx context.Context) (scenario.Program, error) {
	s := newStage(ctx)
	questions := make(chan chan string)
	s.running.Go(func() { quoteAll(s.ctx, questions) })
	mux := http.NewServeMux()
	mux.HandleFunc("GET /thumbnail", thumbnail)
	mux.HandleFunc("GET /quote", func(w http.ResponseWriter, r *http.Request) { quote(w, r, questions) })
	server, err := s.serveHTTP(mux)
	if err != nil {
		return s.abandon(err)
	}
	for range witnesses {
		if err := s.browse(server, "/quote", time.Second/witnessRate); err != nil {
			return s.abandon(err)
		}
	}
	s.fault = func(strength scenario.Strength) error {
		// Each P has a queue of 10 requests, which is 40 ms, or of 30.
		for range runtime.GOMAXPROCS(0) * pick(strength, 10, 30) {
			if err := s.browse(server, "/thumbnail", 0); err != nil {
				return err
			}
		}
		return nil
	}
	return s, nil
}

// browse starts a client that has one request in flight at most and waits between two.
func (s *stage) browse(address, path string, pause time.Duration) error {
	c, err := s.dial(address)
	if err != nil {
		return err
	}
	s.running.Go(func() {
		in := bufio.NewReader(c)
		for s.ctx.Err() == nil {
			if err := get(c, in, path); err != nil {
				s.fail(err)
				return
			}
			if pause > 0 {
				time.Sleep(pause)
			}
		}
	})
	return nil
}

func get(c net.Conn, in *bufio.Reader, path string) error {
	if _, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		return err
	}
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// quoteAll answers the handlers of the cheap endpoint, as a backend does.
func quoteAll(ctx context.Context, questions <-chan chan string) {
	for {
		select {
		case <-ctx.Done():
			return
		case q := <-questions:
			q <- "19.99"
		}
	}
}

func quote(w http.ResponseWriter, r *http.Request, questions chan<- chan string) {
	answer := make(chan string, 1)
	select {
	case <-r.Context().Done():
		return
	case questions <- answer:
	}
	select {
	case <-r.Context().Done():
	case price := <-answer:
		io.WriteString(w, price)
	}
}

// thumbnail is the expensive endpoint's handler.
//
//go:noinline
func thumbnail(w http.ResponseWriter, _ *http.Request) {
	renderThumbnail(w)
}

// renderThumbnail computes for [thumbnailTime] and writes the picture itself, because a trace sees
// where a goroutine is only when something happens there: 16 KiB do not fit into net/http's buffer,
// so that the system call is made from here.
//
//go:noinline
func renderThumbnail(w io.Writer) {
	picture := make([]byte, 16<<10)
	h := uint64(14695981039346656037)
	for begin := time.Now(); time.Since(begin) < thumbnailTime; {
		for i := range picture { // some microseconds between looks at the clock
			h = (h ^ uint64(i)) * 1099511628211
			picture[i] = byte(h >> 32)
		}
	}
	w.Write(picture)
}
