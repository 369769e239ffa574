package shop

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// lane is a stream of requests for one path. Each of its workers has one request in flight at most
// and its own share of the rate, so a slow service gets fewer requests, never a backlog.
type lane struct {
	path    string
	rate    int // requests per second
	workers int
}

// lanes returns the load. Its numbers keep the healthy service at a sixth of two cores. Orders have
// many workers, so that as many wait for the store when that is slow; the others have few, so that
// they are witnesses of a fault and not a crowd that makes it worse.
func lanes() []lane {
	return []lane{
		{path: "/item", rate: 400, workers: 4},
		{path: "/price", rate: 120, workers: 3},
		{path: "/order", rate: 80, workers: 28},
		{path: "/digest", rate: 200, workers: 2},
		{path: "/report", rate: 30, workers: 3},
	}
}

// keys is how many different items the load asks for.
const keys = 500

// load drives requests at the service until its context ends.
type load struct {
	latencies histogram
	workers   sync.WaitGroup

	errOnce sync.Once
	err     error
}

func startLoad(ctx context.Context, url string) *load {
	l := &load{}
	for _, ln := range lanes() {
		period := time.Second * time.Duration(ln.workers) / time.Duration(ln.rate)
		for i := range ln.workers {
			// Starts are spread over the period: a lane is a stream, not a pulse.
			offset := period * time.Duration(i) / time.Duration(ln.workers)
			l.workers.Go(func() { l.work(ctx, url+ln.path, offset, period) })
		}
	}
	return l
}

// work sends one worker's requests.
func (l *load) work(ctx context.Context, url string, offset, period time.Duration) {
	select {
	case <-ctx.Done():
		return
	case <-time.After(offset):
	}
	ticker := time.NewTicker(period)
	defer ticker.Stop()
	// A connection of its own, so that a hiccup does not make the workers open more.
	client := newClient(1)
	defer client.CloseIdleConnections()
	for {
		begin := time.Now()
		err := request(ctx, client, fmt.Sprintf("%s?id=%d", url, rand.N(keys)))
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			l.errOnce.Do(func() { l.err = err })
		} else {
			l.latencies.add(time.Since(begin))
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// request reads the whole answer, whatever its status: a refusal is an answer too.
func request(ctx context.Context, client *http.Client, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// wait returns the first error when the workers have ended.
func (l *load) wait() error {
	l.workers.Wait()
	return l.err
}
