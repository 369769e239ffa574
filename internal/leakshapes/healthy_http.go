package leakshapes

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

func httpDefaultClient() Shape {
	return Shape{
		Name: "http-default-client",
		Doc:  "The default client keeps its connection open for the next request, until the server's Close closes it.",
		Run: func(t testing.TB) {
			// httptest.Server.Close closes http.DefaultTransport's idle connections too. Their
			// goroutines end a moment after that.
			srv := httptest.NewServer(http.HandlerFunc(answerHello))
			defer srv.Close()
			noError(t, readPage(t.Context(), http.DefaultClient, srv.URL))
		},
	}
}

// lazyServer is a server for all tests of the process, which the first of them starts and nobody
// stops. Its accept loop is nobody's leak.
var lazyServer = sync.OnceValue(func() string {
	return httptest.NewServer(http.HandlerFunc(answerHello)).URL
})

func httpIdleDefaultTransport() Shape {
	return Shape{
		Name:  "http-idle-default-transport",
		Doc:   "An idle connection stays in http.DefaultTransport, which the next test may use, and its server is the process's.",
		Alone: true,
		Run: func(t testing.TB) {
			// The two goroutines of the connection stay until http.DefaultTransport closes it: a
			// checker has to close idle connections or to excuse them.
			noError(t, readPage(t.Context(), http.DefaultClient, lazyServer()))
		},
	}
}

func httpIdleDefaultTransportCallers() Shape {
	return Shape{
		Name: "http-idle-default-transport-callers",
		Doc:  "Twenty callers' connections go back to http.DefaultTransport, which keeps two of them and closes the others.",
		Run: func(t testing.TB) {
			// As above. It may run beside others: a connection that one test has dialed may be in
			// another's use when the first ends.
			var callers sync.WaitGroup
			for range 20 {
				callers.Go(func() {
					if err := readPage(t.Context(), http.DefaultClient, lazyServer()); err != nil {
						t.Error(err)
					}
				})
			}
			callers.Wait()
		},
	}
}

func httpTestServerOwnClient() Shape {
	return Shape{
		Name: "http-test-server-own-client",
		Doc:  "The test server's own client keeps a connection open until a cleanup closes the server.",
		Run: func(t testing.TB) {
			srv := httptest.NewServer(http.HandlerFunc(answerHello))
			t.Cleanup(srv.Close)
			for range 3 {
				noError(t, readPage(t.Context(), srv.Client(), srv.URL))
			}
		},
	}
}

func httpParallelClients() Shape {
	return Shape{
		Name: "http-parallel-clients",
		Doc:  "Thirty clients with a transport each have connections that end together when the server closes.",
		Run: func(t testing.TB) {
			srv := httptest.NewServer(http.HandlerFunc(answerHello))
			defer srv.Close()
			var clients sync.WaitGroup
			for range 30 {
				clients.Go(func() {
					c := &http.Client{Transport: &http.Transport{}}
					defer c.CloseIdleConnections()
					if err := readPage(t.Context(), c, srv.URL); err != nil {
						t.Error(err)
					}
				})
			}
			clients.Wait()
		},
	}
}

func http2Server() Shape {
	return Shape{
		Name: "http2-server",
		Doc:  "An HTTP/2 connection has a goroutine for each stream and its own loops, which end after the server's Close.",
		Run: func(t testing.TB) {
			srv := httptest.NewUnstartedServer(http.HandlerFunc(answerHello))
			srv.EnableHTTP2 = true
			// All requests dial before one knows that they can share a connection.
			srv.Config.ErrorLog = log.New(io.Discard, "", 0)
			srv.StartTLS()
			defer srv.Close()
			var streams sync.WaitGroup
			for range 20 {
				streams.Go(func() {
					if err := readPage(t.Context(), srv.Client(), srv.URL); err != nil {
						t.Error(err)
					}
				})
			}
			streams.Wait()
		},
	}
}

func httpOwnTransportClosed() Shape {
	return Shape{
		Name: "http-own-transport-closed",
		Doc:  "A transport's idle connections are closed as the last thing, and its goroutines see that after the return.",
		Run: func(t testing.TB) {
			srv := httptest.NewServer(http.HandlerFunc(answerHello))
			defer srv.Close()
			c := &http.Client{Transport: &http.Transport{IdleConnTimeout: time.Hour}}
			defer c.CloseIdleConnections()
			noError(t, readPage(t.Context(), c, srv.URL))
		},
	}
}

func httpServerShutdown() Shape {
	return Shape{
		Name: "http-server-shutdown",
		Doc:  "The goroutine in Serve returns after Shutdown has, and nobody waits for it.",
		Run: func(t testing.TB) {
			l := listenLoopback(t)
			srv := &http.Server{Handler: http.HandlerFunc(answerHello)}
			go srv.Serve(l)
			c := &http.Client{Transport: &http.Transport{}}
			defer c.CloseIdleConnections()
			noError(t, readPage(t.Context(), c, "http://"+l.Addr().String()))
			noError(t, srv.Shutdown(t.Context()))
		},
	}
}

func httpServerShutdownTail() Shape {
	return Shape{
		Name: "http-server-shutdown-tail",
		Doc:  "The server's last request is still being answered when the test returns, and Shutdown waits for it elsewhere.",
		Run: func(t testing.TB) {
			entered := make(chan bool)
			l := listenLoopback(t)
			srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				close(entered)
				time.Sleep(50 * time.Millisecond)
				answerHello(w, r)
			})}
			go srv.Serve(l)
			go func() {
				c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
				readPage(context.WithoutCancel(t.Context()), c, "http://"+l.Addr().String())
			}()
			<-entered
			go srv.Shutdown(context.WithoutCancel(t.Context()))
		},
	}
}

// answerHello answers every request with a line.
func answerHello(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintln(w, "hello")
}

// readPage reads a page to its end, so that its connection can serve again.
func readPage(ctx context.Context, c *http.Client, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := c.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("leakshapes: %s answered %s", url, res.Status)
	}
	return nil
}

func listenLoopback(t testing.TB) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	noError(t, err)
	return l
}

// noError ends the test if there is an error. Only the test's own goroutine may call it.
func noError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
