package browser

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/tracewatch"
	"github.com/gotracewatch/tracewatch/tracewatch/tracewatchhttp"
)

// hurried is a server whose time goes by fast: the page's own files, and documents about a service with many Ps in which
// something happens all the time. A page takes a strip, which is a second of it, as it takes any.
type hurried struct {
	http.Handler
	procs int
	speed int

	mu    sync.Mutex
	from  time.Time // when the page asked first
	ahead int       // strips that were there by then
}

func newHurried(procs, speed, ahead int) *hurried {
	h := &hurried{procs: procs, speed: speed, ahead: ahead}
	mux := http.NewServeMux()
	mux.Handle(Path, tracewatchhttp.Handler(nil))
	mux.HandleFunc(Path+"live.json", h.live)
	mux.HandleFunc(Path+"anomalies.json", h.anomalies)
	h.Handler = mux
	return h
}

var (
	hurriedBegin = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	hurriedPart  = 60 // strips in a document, as the handler has it
)

// now is the number of the newest strip.
func (h *hurried) now() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.from.IsZero() {
		h.from = time.Now()
	}
	return h.ahead + int(time.Since(h.from).Seconds()*float64(h.speed))
}

func (h *hurried) live(w http.ResponseWriter, r *http.Request) {
	after, err := strconv.Atoi(r.URL.Query().Get("after"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	now := h.now()
	live := tracewatchhttp.Live{
		Program: tracewatchhttp.Program{Name: "hurried", PID: 1, Go: "go1.26"}, Now: hurriedBegin.Add(time.Duration(now) * time.Second),
		Newest: uint64(now / 10),
		Health: tracewatch.Health{Started: hurriedBegin, MemoryFrom: at(now - 30), MemoryTo: at(now)},
	}
	live.Stats.Windows, live.Stats.Coverage, live.Stats.Span = uint64(now), 1, time.Duration(now)*time.Second
	for n := max(after, now-700) + 1; n <= now && len(live.Strips) < hurriedPart; n++ {
		live.Strips = append(live.Strips, h.strip(n))
		live.More = n < now && len(live.Strips) == hurriedPart
	}
	for _, name := range []string{"sched-delay", "gc-assist", "lock-contention"} {
		live.Verdicts = append(live.Verdicts, tracewatch.Verdict{Kind: name, Verdict: detectors.Verdict{Applicable: true, Value: rand.Float64(), Threshold: 1, Unit: "s"}})
	}
	answer(w, live)
}

// anomalies has one for each ten seconds, the latest 64.
func (h *hurried) anomalies(w http.ResponseWriter, _ *http.Request) {
	var doc tracewatchhttp.Anomalies
	for n := h.now() / 10; n > 0 && len(doc.Anomalies) < 64; n-- {
		site := detectors.Site{Func: fmt.Sprint("hurried.function", n), File: "/src/hurried.go", Line: n}
		doc.Anomalies = append(doc.Anomalies, &tracewatch.Anomaly{
			Number: uint64(n), Kind: "sched-delay", Severity: detectors.Warning, Site: site,
			Summary: fmt.Sprintf("number %d", n), Why: "why", Advice: "advice",
			Start: hurriedBegin.Add(time.Duration(10*n-5) * time.Second), End: hurriedBegin.Add(time.Duration(10*n) * time.Second),
			TraceStart: at(10*n - 5), TraceEnd: at(10 * n),
		})
	}
	answer(w, doc)
}

func at(strip int) detectors.Time { return detectors.Time(int64(strip+1000) * int64(time.Second)) }

// strip is a second of all Ps.
func (h *hurried) strip(n int) tracewatch.HeatStrip {
	when := hurriedBegin.Add(time.Duration(n) * time.Second)
	s := tracewatch.HeatStrip{
		Number: uint64(n), Start: at(n), End: at(n + 1), From: at(n), WaitsFrom: at(n), At: &when,
		Procs: h.procs, Events: 1e5, Starts: 1e4, P50: time.Microsecond, P99: time.Millisecond, Max: time.Second,
	}
	for range h.procs {
		s.Cells = append(s.Cells, levels(100))
	}
	for range 10 {
		s.Waits = append(s.Waits, levels(50))
	}
	return s
}

func levels(n int) tracewatch.Levels {
	l := make(tracewatch.Levels, n)
	for i := range l {
		l[i] = byte(rand.N(200))
	}
	return l
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // a page that has gone needs none
}
