package leakshapes

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// serveHTTP serves until the test ends and returns the address.
func serveHTTP(t testing.TB, h http.HandlerFunc) string {
	t.Helper()
	l := listenOnLoopback(t)
	srv := &http.Server{Handler: h}
	var serving sync.WaitGroup
	serving.Go(func() { srv.Serve(l) })
	t.Cleanup(func() {
		srv.Close()
		serving.Wait()
	})
	return "http://" + l.Addr().String()
}

func hello(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello\n") }

func bodyNotClosed() Shape {
	return Shape{
		Name:    "body-not-closed",
		Doc:     "A response's status is looked at and its body neither read nor closed, so the transport keeps both goroutines of the connection.",
		Stays:   2,
		Forever: true,
		Run: func(t testing.TB) {
			url := serveHTTP(t, hello)
			client := &http.Client{Transport: new(http.Transport)}
			res, err := client.Get(url) // stays 2
			if err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != http.StatusOK {
				t.Error(res.Status)
			}
		},
	}
}

func serverNotShutDown() Shape {
	return Shape{
		Name:  "server-not-shut-down",
		Doc:   "A server is started for a test, and nobody shuts it down.",
		Stays: 1,
		Run: func(t testing.TB) {
			l := listenOnLoopback(t)
			srv := &http.Server{Handler: http.HandlerFunc(hello)}
			go srv.Serve(l) // stays
			get(t, "http://"+l.Addr().String())
		},
	}
}

// get asks once, over a connection that it closes.
func get(t testing.TB, url string) {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	res, err := (&http.Client{Transport: transport}).Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Error(err)
	}
}

func testServerNotClosed() Shape {
	return Shape{
		Name:  "test-server-not-closed",
		Doc:   "A server of httptest is not closed.",
		Stays: 1,
		Run: func(t testing.TB) {
			srv := httptest.NewServer(http.HandlerFunc(hello)) // stays
			get(t, srv.URL)
		},
	}
}

func idleConnection() Shape {
	return Shape{
		Name:  "idle-connection",
		Doc:   "A client with a transport of its own leaves a connection idle, at both ends, and a server that is not shut down.",
		Stays: 4,
		Run: func(t testing.TB) {
			l := listenOnLoopback(t)
			srv := &http.Server{Handler: http.HandlerFunc(hello)}
			go srv.Serve(l) // stays 2
			client := &http.Client{Transport: new(http.Transport)}
			res, err := client.Get("http://" + l.Addr().String()) // stays 2
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if _, err := io.Copy(io.Discard, res.Body); err != nil {
				t.Error(err)
			}
		},
	}
}

func handlerNeverReturns() Shape {
	return Shape{
		Name:    "handler-never-returns",
		Doc:     "A long poll waits for news and not for its request's context, and its client has hung up.",
		Stays:   1,
		Forever: true,
		Run: func(t testing.TB) {
			news, polled := make(chan string), make(chan struct{})
			l := listenOnLoopback(t)
			srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				close(polled)
				io.WriteString(w, <-news)
			})}
			go srv.Serve(l) // stays
			ctx, cancel := context.WithCancel(context.Background())
			go func() {
				<-polled
				cancel()
			}()
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+l.Addr().String(), nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := (&http.Client{Transport: new(http.Transport)}).Do(req)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%v: %v", res, err)
			}
			srv.Close()
		},
	}
}

func hijackedConnection() Shape {
	return Shape{
		Name:  "hijacked-connection",
		Doc:   "A connection that a handler took over is none of the server's, whose end does not close it.",
		Stays: 2,
		Run: func(t testing.TB) {
			url := serveHTTP(t, func(w http.ResponseWriter, _ *http.Request) {
				c, _, err := http.NewResponseController(w).Hijack()
				if err != nil {
					return
				}
				go readLines(c) // stays
				io.WriteString(c, "welcome\n")
			})
			c, err := net.Dial("tcp", url[len("http://"):])
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
			if _, err := bufio.NewReaderSize(c, 16).ReadString('\n'); err != nil {
				t.Fatal(err)
			}
			go readLines(c) // stays
		},
	}
}
