package explain

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime/trace"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/timeline"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// BenchmarkRequests reads a trace of five million events for the default detectors, with and without
// dividing all requests, in turns. more is what dividing costs, as a share of reading. The
// synthetic service has a request for each 18 events, a live one for each 70.
func BenchmarkRequests(b *testing.B) {
	shape := tracegen.Shape{Threads: 8, Goroutines: 1000, Events: 5_000_000, Generations: 6, Tasks: 50}
	for _, bench := range []struct {
		name string
		data func(*testing.B) []byte
	}{
		{"live", func(b *testing.B) []byte { return recordService(b, 5_000_000*5) }},
		{"synthetic", func(*testing.B) []byte { return tracegen.Service(1, shape) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			data := bench.data(b)
			var without, with time.Duration
			events, requests := 0, 0
			for b.Loop() {
				start := time.Now()
				events, _ = read(b, data, false)
				middle := time.Now()
				_, requests = read(b, data, true)
				without += middle.Sub(start)
				with += time.Since(middle)
			}
			b.ReportMetric(100*(float64(with)/float64(without)-1), "%more")
			b.ReportMetric(float64(without.Nanoseconds())/float64(b.N*events), "ns/event")
			b.ReportMetric(float64(events), "events")
			b.ReportMetric(float64(requests), "requests")
		})
	}
}

// recordService records an HTTP service that makes a task of each request, and its clients, until there
// are so many bytes of trace.
func recordService(b *testing.B, size int) []byte {
	b.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, task := trace.NewTask(r.Context(), "POST /sum")
		defer task.End()
		answers := make(chan int)
		for i := range 3 {
			go func() { answers <- i }()
		}
		for range 3 {
			<-answers
		}
		_, _ = io.Copy(w, r.Body)
	}))
	defer server.Close()
	client := server.Client()
	client.Transport.(*http.Transport).MaxIdleConnsPerHost = 64
	defer client.CloseIdleConnections()

	var out counted
	require.NoError(b, trace.Start(&out))
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for out.size.Load() < int64(size) {
				resp, err := client.Post(server.URL, "text/plain", strings.NewReader("7"))
				if err != nil {
					b.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		})
	}
	wg.Wait()
	trace.Stop()
	return out.Bytes()
}

// counted says how much was written to it.
type counted struct {
	bytes.Buffer
	size atomic.Int64
}

func (c *counted) Write(p []byte) (int, error) {
	c.size.Add(int64(len(p)))
	return c.Buffer.Write(p)
}

// read reads a trace for the default detectors.
func read(b *testing.B, data []byte, divide bool) (events, requests int) {
	code := detectors.NewCode()
	var observers []timeline.Observer
	var states []detectors.State
	for _, d := range detectors.Default() {
		s, err := d.New(code)
		require.NoError(b, err)
		states = append(states, s)
		spec := d.Spec()
		observers = append(observers, timeline.Observer{Observes: spec.Observes, Observe: s.Observe, Long: spec.Long, AtLeast: spec.AtLeast, Reasons: spec.Reasons})
	}
	tl := timeline.New(code, observers)
	var r *Requests
	if divide {
		r = NewRequests(code, tl)
	}
	var split wire.Splitter
	split.Emit = func(raw wire.Raw) {
		g, err := wire.Parse(raw)
		require.NoError(b, err)
		w, err := tl.Feed(g)
		require.NoError(b, err)
		events += int(w.Events)
		for _, s := range states {
			s.Judge(&w)
		}
		if r != nil {
			r.Window(&w)
		}
		split.Reuse(raw.Data)
	}
	_, err := split.Write(data)
	require.NoError(b, err)
	require.NoError(b, split.Close())
	if r != nil {
		for _, q := range r.All() {
			requests += int(q.Count)
		}
	}
	return events, requests
}

// BenchmarkAnswer explains, from 13 MB of a busy service's trace, the longest wait for another goroutine
// and the longest for a P near its end, and all that a goroutine did.
func BenchmarkAnswer(b *testing.B) {
	data := recordService(b, 13<<20)
	gens, questions := longest(b, data)
	for name, q := range questions {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				require.Empty(b, q.Answer(gens).Missing)
			}
			b.ReportMetric(float64(len(data))/1e6, "MB")
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/answer")
		})
	}
}

// longest returns a trace's generations, and questions about the longest waits in the last tenth of
// it.
func longest(b *testing.B, data []byte) (gens []Generation, questions map[string]Question) {
	tl := timeline.New(detectors.NewCode(), nil)
	past := timeline.NewPast(1 << 23)
	tl.Keep(past)
	split := wire.Splitter{Emit: func(raw wire.Raw) {
		g, err := wire.Parse(raw)
		require.NoError(b, err)
		w, err := tl.Feed(g)
		require.NoError(b, err)
		gens = append(gens, Generation{raw, w.Start, w.End})
	}}
	_, err := split.Write(data)
	require.NoError(b, err)
	require.NoError(b, split.Close())
	first, last := gens[0].Start, gens[len(gens)-1].End
	best := make(map[string]time.Duration)
	questions = make(map[string]Question)
	for _, s := range past.Since(first) {
		prev := past.At(s.Prev)
		if prev == nil || prev.End < last.Add(-last.Sub(first)/10) {
			continue
		}
		kind := ""
		switch {
		case s.State == detectors.Runnable:
			kind = "runnable"
		case s.State == detectors.Waiting && s.Link != 0 && s.Reason == detectors.ReasonChanReceive:
			kind = "channel"
		}
		if d := s.End.Sub(prev.End); kind != "" && d > best[kind] {
			best[kind], questions[kind] = d, Question{G: detectors.GoID(s.G), From: prev.End, To: s.End}
		}
	}
	whole := questions["channel"]
	whole.From, whole.To = first, last
	questions["whole"] = whole // all that one of them did
	return gens, questions
}
