package healthy

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

func busyHTTP() scenario.Scenario {
	return scenario.Scenario{
		Name:  "busy-http",
		Doc:   "A server and its clients keep the Ps nine tenths busy, and requests wait for each other a little.",
		Start: built(buildBusyHTTP),
	}
}

const (
	// busyClients is how many clients there are for each P. Each has one request in flight at
	// most, so no queue is longer than that.
	busyClients = 32

	// busyShare is how much is asked of what the machine can answer.
	busyShare = 0.95
)

func buildBusyHTTP(p *program) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /digest", serveDigest)
	mux.HandleFunc("GET /list", serveList)
	mux.HandleFunc("GET /median", serveMedian)
	mux.HandleFunc("GET /text", serveText)
	url, err := p.serveHTTP(mux, nil)
	if err != nil {
		return err
	}
	procs := runtime.GOMAXPROCS(0)
	client := p.client(busyClients * procs)
	most, err := p.capacity(client, url, busyClients*procs)
	if err != nil {
		return err
	}
	// Each client asks once in so long, or, if its last answer comes later than that, less often.
	period := time.Duration(float64(busyClients*procs) / (busyShare * most) * float64(time.Second))
	for i := range busyClients * procs {
		p.running.Go(func() {
			if !pause(p.ctx, between(0, period)) {
				return
			}
			n := i
			scenario.Every(p.ctx, period, func() {
				if err := get(p.ctx, client, url+busyPaths[n%len(busyPaths)]); err != nil {
					p.fail(err)
				}
				n++
			})
		})
	}
	return nil
}

// capacity measures how many requests a second this machine can answer, for half a second after
// everybody has a connection.
func (p *program) capacity(client *http.Client, url string, clients int) (perSecond float64, err error) {
	const period = 500 * time.Millisecond
	ctx, cancel := context.WithCancel(p.ctx)
	defer cancel()
	var answered atomic.Int64
	var users sync.WaitGroup
	for i := range clients {
		users.Go(func() {
			for n := i; ; n++ {
				if get(ctx, client, url+busyPaths[n%len(busyPaths)]) != nil {
					return // time is over, and if it is not that, nothing is answered
				}
				answered.Add(1)
			}
		})
	}
	pause(ctx, period/2)
	before, begun := answered.Load(), time.Now()
	pause(ctx, period)
	n, took := answered.Load()-before, time.Since(begun)
	cancel()
	users.Wait()
	if n == 0 {
		return 0, fmt.Errorf("busy-http: no request was answered in %v", took)
	}
	return float64(n) / took.Seconds(), nil
}

var busyPaths = [...]string{"/digest", "/list", "/median", "/text"}

func serveDigest(w http.ResponseWriter, _ *http.Request) {
	sum := sha256.Sum256(make([]byte, 32<<10))
	fmt.Fprintf(w, "%x", sum)
}

func serveList(w http.ResponseWriter, _ *http.Request) {
	type item struct {
		ID   int
		Name string
		Tags []string
	}
	items := make([]item, 100)
	for i := range items {
		items[i] = item{i, "an item of the list", []string{"new", "small", "red"}}
	}
	json.NewEncoder(w).Encode(items)
}

func serveMedian(w http.ResponseWriter, _ *http.Request) {
	numbers := make([]uint64, 1000)
	for i := range numbers {
		numbers[i] = mix(uint64(i), 4)
	}
	slices.Sort(numbers)
	fmt.Fprintln(w, numbers[len(numbers)/2])
}

func serveText(w http.ResponseWriter, _ *http.Request) {
	var b strings.Builder
	for i := range 300 {
		fmt.Fprintf(&b, "<li>line %d of the page</li>\n", i)
	}
	fmt.Fprint(w, b.String())
}
