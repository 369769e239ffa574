package tracewatchhttp_test

import (
	"bytes"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"runtime/trace"
	"testing"

	"github.com/stretchr/testify/require"
	exptrace "golang.org/x/exp/trace"
)

// record returns a trace of what do does. There is one such trace at a time in a process, so
// no test here runs beside another.
func record(t *testing.T, do func()) []byte {
	t.Helper()
	var buf bytes.Buffer
	require.NoError(t, trace.Start(&buf))
	defer trace.Stop()
	do()
	trace.Stop()
	return buf.Bytes()
}

// served calls do with a client of a server that serves h, and returns when all of its
// handlers have.
func served(h http.Handler, http2 bool, do func(c *http.Client, url string)) {
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	if http2 {
		s.EnableHTTP2 = true
		s.StartTLS()
	} else {
		s.Start()
	}
	defer s.Close()
	c := s.Client()
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	do(c, s.URL)
}

// get sends a request and reads the answer to its end.
func get(t *testing.T, c *http.Client, method, url string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	require.NoError(t, err)
	return send(t, c, r)
}

func send(t *testing.T, c *http.Client, r *http.Request) *http.Response {
	t.Helper()
	resp, err := c.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(t, err)
	return resp
}

// task is a task that both began and ended in the trace, on one goroutine.
type task struct {
	name    string
	g       exptrace.GoID
	regions []string
	logs    []string
}

// tasks returns the tasks of a trace in the order in which they began. All have to be whole.
func tasks(t *testing.T, data []byte) []*task {
	t.Helper()
	var all []*task
	open := make(map[exptrace.TaskID]*task)
	for ev := range events(t, data) {
		switch ev.Kind() {
		case exptrace.EventTaskBegin:
			id := ev.Task().ID
			require.NotContains(t, open, id)
			require.Equal(t, exptrace.NoTask, ev.Task().Parent)
			open[id] = &task{name: ev.Task().Type, g: ev.Goroutine()}
			all = append(all, open[id])
		case exptrace.EventTaskEnd:
			id := ev.Task().ID
			require.Contains(t, open, id)
			require.Equal(t, open[id].g, ev.Goroutine())
			delete(open, id)
		case exptrace.EventRegionBegin:
			if in := open[ev.Region().Task]; in != nil {
				in.regions = append(in.regions, ev.Region().Type)
			}
		case exptrace.EventLog:
			if in := open[ev.Log().Task]; in != nil {
				in.logs = append(in.logs, ev.Log().Message)
			}
		}
	}
	require.Empty(t, open, "tasks that did not end")
	return all
}

func names(t *testing.T, data []byte) []string {
	t.Helper()
	var all []string
	for _, task := range tasks(t, data) {
		all = append(all, task.name)
	}
	return all
}

func events(t *testing.T, data []byte) func(yield func(exptrace.Event) bool) {
	t.Helper()
	r, err := exptrace.NewReader(bytes.NewReader(data))
	require.NoError(t, err)
	return func(yield func(exptrace.Event) bool) {
		for {
			ev, err := r.ReadEvent()
			if errors.Is(err, io.EOF) {
				return
			}
			require.NoError(t, err)
			if !yield(ev) {
				return
			}
		}
	}
}
