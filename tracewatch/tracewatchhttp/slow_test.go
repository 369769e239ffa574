package tracewatchhttp

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/tracewatch"
	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

// A client that does not read is cut off, and nothing stays of it.
func TestSlowReader(t *testing.T) {
	for _, c := range []struct {
		name string
		cut  bounds
		read time.Duration // a little, each
	}{
		{"reads nothing", bounds{stall: 100 * time.Millisecond, total: time.Minute, work: time.Minute}, 0},
		{"reads for ever", bounds{stall: time.Minute, total: 300 * time.Millisecond, work: time.Minute}, 10 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			leaktest.Check(t)
			src := newFake(1)
			src.rec.data = make([]byte, 64<<20) // more than the sockets take
			h := newHandler(src, nil)
			h.bounds = c.cut
			ended := make(chan struct{})
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer close(ended)
				h.ServeHTTP(w, r)
			}))
			defer s.Close()
			conn, err := net.Dial("tcp", s.Listener.Addr().String())
			require.NoError(t, err)
			defer conn.Close()
			_, err = io.WriteString(conn, "GET /trace HTTP/1.1\r\nHost: localhost\r\n\r\n")
			require.NoError(t, err)
			begun := time.Now()
			for buf := make([]byte, 1); ; {
				_, err := conn.Read(buf)
				require.NoError(t, err)
				if c.read == 0 {
					<-ended
				}
				select {
				case <-ended:
					require.Less(t, time.Since(begun), 10*time.Second)
					require.Zero(t, len(h.downloads.slots))
					require.Zero(t, len(h.requests.slots))
					// The answer is not taken for whole.
					require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
					n, err := io.Copy(io.Discard, conn)
					require.Less(t, n, int64(64<<20))
					require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
					return
				case <-time.After(c.read):
				}
			}
		})
	}
}

// Over HTTP/2 it is the stream that is cut off, and the connection goes on.
func TestSlowReaderHTTP2(t *testing.T) {
	src := newFake(1)
	src.rec.data = make([]byte, 64<<20)
	h := newHandler(src, nil)
	h.bounds.stall = 100 * time.Millisecond
	ended := make(chan struct{}, 1)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r)
		ended <- struct{}{}
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	defer s.Client().CloseIdleConnections()
	resp, err := s.Client().Get(s.URL + "/trace")
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, 2, resp.ProtoMajor)
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("it goes on")
	}
	_, err = io.Copy(io.Discard, resp.Body)
	require.Error(t, err)
	resp, err = s.Client().Get(s.URL + "/live.json")
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Zero(t, len(h.downloads.slots))
}

// The deadline is that of an answer: what comes on the same connection later has its own.
func TestDeadlineIsOver(t *testing.T) {
	h := newHandler(newFake(1), nil)
	h.bounds.stall = 50 * time.Millisecond
	m := http.NewServeMux()
	m.Handle("/debug/", h)
	m.HandleFunc("/slow", func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(200 * time.Millisecond)
		_, _ = io.WriteString(w, "slow")
	})
	s := httptest.NewServer(m)
	defer s.Close()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	r := bufio.NewReader(conn)
	for _, path := range []string{"/debug/live.json", "/slow", "/debug/", "/slow"} {
		_, err = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\n\r\n")
		require.NoError(t, err)
		resp, err := http.ReadResponse(r, nil)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, resp.StatusCode)
		_, err = io.Copy(io.Discard, resp.Body)
		require.NoError(t, err)
	}
}

// The server's WriteTimeout does not cut off what takes longer to make.
func TestWriteTimeout(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		src := newFake(1)
		slowReports(src, 300*time.Millisecond)
		s := httptest.NewUnstartedServer(newHandler(src, nil))
		s.Config.WriteTimeout = 100 * time.Millisecond
		s.EnableHTTP2 = http2
		if http2 {
			s.StartTLS()
		} else {
			s.Start()
		}
		resp, err := s.Client().Get(s.URL + "/report.json")
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		s.Client().CloseIdleConnections()
		s.Close()
		require.NoError(t, err, "HTTP/2: %v", http2)
		require.Equal(t, http.StatusOK, resp.StatusCode)
	}
}

// A client that goes away ends what is done for it.
func TestClientLeaves(t *testing.T) {
	leaktest.Check(t)
	src := newFake(1)
	working, ended := make(chan struct{}), make(chan struct{})
	src.rec.report = func(ctx context.Context) (*tracewatch.Report, error) {
		close(working)
		defer close(ended)
		<-ctx.Done()
		return nil, ctx.Err()
	}
	h := newHandler(src, nil)
	s := httptest.NewServer(h)
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-working
		cancel()
	}()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/report.json", nil)
	require.NoError(t, err)
	_, err = s.Client().Do(r) //nolint:bodyclose // there is none
	require.ErrorIs(t, err, context.Canceled)
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Fatal("the analysis goes on")
	}
}

// Two hundred at once all get an answer.
func TestManyAtOnce(t *testing.T) {
	leaktest.Check(t)
	src := newFake(64)
	slowReports(src, 50*time.Millisecond)
	h := newHandler(src, nil)
	s := httptest.NewServer(h)
	defer s.Close()
	targets := []string{"/", "/live.json", "/live.json?after=500", "/anomalies.json", "/report.json", "/trace", "/profile?kind=sched", "/heatmap.png", "/cell.json?proc=1&from=571000000000&to=572000000000", "/nothing"}
	client := &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	var mu sync.Mutex
	count := make(map[int]int)
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			resp, err := client.Get(s.URL + targets[i%len(targets)])
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			_, err = io.Copy(io.Discard, resp.Body)
			mu.Lock()
			defer mu.Unlock()
			count[resp.StatusCode]++
			switch resp.StatusCode {
			case http.StatusOK, http.StatusNotFound:
			case http.StatusTooManyRequests, http.StatusServiceUnavailable:
				if resp.Header.Get("Retry-After") == "" {
					t.Error("no Retry-After")
				}
			default:
				t.Error(resp.Status)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	wg.Wait()
	runtime.ReadMemStats(&after)
	require.Less(t, after.HeapSys, before.HeapSys+256<<20)
	t.Log(count)
	require.Positive(t, count[http.StatusOK])
	for _, g := range []*gate{h.requests, h.documents, h.analyses, h.downloads} {
		require.Zero(t, len(g.slots))
		require.Zero(t, g.waiting.Load())
	}
}

// bare is a ResponseWriter without anything else, as some middleware makes them.
type bare struct{ w http.ResponseWriter }

func (b bare) Header() http.Header         { return b.w.Header() }
func (b bare) Write(p []byte) (int, error) { return b.w.Write(p) }
func (b bare) WriteHeader(status int)      { b.w.WriteHeader(status) }

// Inside the middleware and inside wrappers that can do nothing.
func TestWrapped(t *testing.T) {
	src := newFake(1)
	src.rec.data = make([]byte, 1<<20)
	h := newHandler(src, nil)
	for name, wrapped := range map[string]http.Handler{
		"middleware": Middleware(mux("/debug/", h)),
		"bare":       http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { mux("/debug/", h).ServeHTTP(bare{w}, r) }),
		"timeout":    http.TimeoutHandler(mux("/debug/", h), time.Minute, ""),
	} {
		t.Run(name, func(t *testing.T) {
			s := httptest.NewServer(wrapped)
			defer s.Close()
			resp, err := s.Client().Get(s.URL + "/debug/trace")
			require.NoError(t, err)
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.Len(t, body, 1<<20)
			resp, err = s.Client().Get(s.URL + "/debug/live.json")
			require.NoError(t, err)
			defer resp.Body.Close()
			body, err = io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.True(t, bytes.HasPrefix(body, []byte("{")))
			require.True(t, resp.Uncompressed)
		})
	}
}

// HTTP/1.0 has no chunks: the length is told.
func TestHTTP10(t *testing.T) {
	s := httptest.NewServer(newHandler(newFake(1), nil))
	defer s.Close()
	for _, path := range []string{"/", "/trace", "/live.json", "/report.json"} {
		resp := raw(t, s, "GET "+path+" HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n")
		require.Equal(t, http.StatusOK, resp.StatusCode)
		require.Positive(t, resp.ContentLength, path)
		require.Empty(t, strings.Join(resp.TransferEncoding, ""))
	}
}
