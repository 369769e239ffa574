package leakshapes

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
	"time"
)

func httpRequestCancelled() Shape {
	return Shape{
		Name: "http-request-cancelled",
		Doc:  "A handler waits for its request to be cancelled, and hears of it some time after the client has.",
		Run: func(t testing.TB) {
			entered := make(chan bool)
			srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				close(entered)
				<-r.Context().Done()
			}))
			defer srv.Close()
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				<-entered
				cancel()
			}()
			if err := readPage(ctx, srv.Client(), srv.URL); !errors.Is(err, context.Canceled) {
				t.Fatal("not cancelled:", err)
			}
		},
	}
}

func httpClientTimeout() Shape {
	return Shape{
		Name: "http-client-timeout",
		Doc:  "The client gives up after its timeout, and the handler only then stops waiting.",
		Run: func(t testing.TB) {
			srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				<-r.Context().Done()
			}))
			defer srv.Close()
			c := srv.Client()
			c.Timeout = 20 * time.Millisecond
			if readPage(t.Context(), c, srv.URL) == nil {
				t.Fatal("no timeout")
			}
		},
	}
}

func httpTimeoutHandler() Shape {
	return Shape{
		Name: "http-timeout-handler",
		Doc:  "http.TimeoutHandler has answered for a handler that works on for a while, after the server's Close too.",
		Run: func(t testing.TB) {
			slow := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(60 * time.Millisecond) })
			srv := httptest.NewServer(http.TimeoutHandler(slow, 5*time.Millisecond, "too slow"))
			defer srv.Close()
			if readPage(t.Context(), srv.Client(), srv.URL) == nil {
				t.Fatal("no timeout")
			}
		},
	}
}

func httpDialAbandoned() Shape {
	return Shape{
		Name: "http-dial-abandoned",
		Doc:  "A request is given up while its connection is being dialed, and the transport's goroutine dials on.",
		Run: func(t testing.TB) {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
			defer cancel()
			c := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
				time.Sleep(60 * time.Millisecond) // it does not look at its context
				return nil, errors.New("leakshapes: nobody there")
			}}}
			if err := readPage(ctx, c, "http://leakshapes.invalid"); !errors.Is(err, context.DeadlineExceeded) {
				t.Fatal("not given up:", err)
			}
		},
	}
}

func httpStreamingBodyClosed() Shape {
	return Shape{
		Name: "http-streaming-body-closed",
		Doc:  "The client closes a body that never ends, and the handler fails to write some time later.",
		Run: func(t testing.TB) {
			srv := httptest.NewServer(http.HandlerFunc(streamEvents))
			defer srv.Close()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL, nil)
			noError(t, err)
			res, err := srv.Client().Do(req)
			noError(t, err)
			defer res.Body.Close()
			if _, err := bufio.NewReader(res.Body).ReadString('\n'); err != nil {
				t.Fatal(err)
			}
		},
	}
}

// streamEvents sends an event every few milliseconds until nobody listens.
func streamEvents(w http.ResponseWriter, r *http.Request) {
	for n := 0; r.Context().Err() == nil; n++ {
		if _, err := fmt.Fprintf(w, "data: %d\n\n", n); err != nil {
			return
		}
		if http.NewResponseController(w).Flush() != nil {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func httpHijackedConnection() Shape {
	return Shape{
		Name: "http-hijacked-connection",
		Doc:  "A handler takes the connection from the server, as for a web socket, and echoes until the client closes it.",
		Run: func(t testing.TB) {
			srv := httptest.NewServer(http.HandlerFunc(echoHijacked))
			defer srv.Close()
			c, err := net.Dial("tcp", srv.Listener.Addr().String())
			noError(t, err)
			defer c.Close() // the server's Close does not close what was taken from it
			_, err = io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
			noError(t, err)
			in := bufio.NewReader(c)
			res, err := http.ReadResponse(in, nil)
			noError(t, err)
			if res.StatusCode != http.StatusSwitchingProtocols {
				t.Fatal(res.Status)
			}
			_, err = io.WriteString(c, "hello\n")
			noError(t, err)
			if line, err := in.ReadString('\n'); line != "hello\n" {
				t.Fatalf("got %q: %v", line, err)
			}
		},
	}
}

// echoHijacked leaves its handler at once: what echoes is a goroutine that no server knows.
func echoHijacked(w http.ResponseWriter, _ *http.Request) {
	c, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	go func() {
		defer c.Close()
		if _, err := io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"); err != nil {
			return
		}
		io.Copy(c, rw)
	}()
}

func httpReverseProxy() Shape {
	return Shape{
		Name: "http-reverse-proxy",
		Doc:  "A proxy has connections to two sides, and its transport's are closed only after the servers are.",
		Run: func(t testing.TB) {
			back := httptest.NewServer(http.HandlerFunc(answerHello))
			defer back.Close()
			target, err := url.Parse(back.URL)
			noError(t, err)
			out := &http.Transport{}
			defer out.CloseIdleConnections()
			front := httptest.NewServer(&httputil.ReverseProxy{
				Transport: out,
				Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(target) },
			})
			defer front.Close()
			for range 5 {
				noError(t, readPage(t.Context(), front.Client(), front.URL))
			}
		},
	}
}

func httpMultipartThroughPipe() Shape {
	return Shape{
		Name: "http-multipart-through-pipe",
		Doc:  "A goroutine writes the form that a request sends, and ends with it.",
		Run: func(t testing.TB) {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.ParseMultipartForm(1<<10) != nil || r.FormValue("name") != "Ada" {
					http.Error(w, "no name", http.StatusBadRequest)
				}
			}))
			defer srv.Close()
			body, out := io.Pipe()
			form := multipart.NewWriter(out)
			go func() {
				if err := form.WriteField("name", "Ada"); err != nil {
					out.CloseWithError(err)
					return
				}
				out.CloseWithError(form.Close())
			}()
			res, err := srv.Client().Post(srv.URL, form.FormDataContentType(), body)
			noError(t, err)
			defer res.Body.Close()
			if res.StatusCode != http.StatusOK {
				t.Fatal(res.Status)
			}
		},
	}
}

func httpUploadAborted() Shape {
	return Shape{
		Name: "http-upload-aborted",
		Doc:  "A server breaks off before it has read the body, and the goroutine that writes it ends by its pipe's error.",
		Run: func(t testing.TB) {
			srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				panic(http.ErrAbortHandler)
			}))
			defer srv.Close()
			body, out := io.Pipe()
			go func() {
				for {
					if _, err := out.Write(make([]byte, 64<<10)); err != nil {
						return // the transport closes the body that it no longer needs
					}
				}
			}()
			res, err := srv.Client().Post(srv.URL, "application/octet-stream", body)
			if err == nil {
				res.Body.Close()
				t.Fatal("not broken off:", res.Status)
			}
		},
	}
}
