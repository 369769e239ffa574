package sick

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// Each of the callers asks for a quote, and again some time after the answer.
const (
	quoteCallers = 24
	quotePause   = 100 * time.Millisecond
)

func slowUpstream() scenario.Scenario {
	return scenario.Scenario{
		Name:  "slow-upstream",
		Doc:   "A service that is called over HTTP answers a hundred times slower than usual, and all callers wait for it.",
		Kind:  "netpoll-block",
		Sites: []string{site("fetchQuote")},
		Start: startUpstream,
	}
}

func startUpstream(ctx context.Context) (scenario.Program, error) {
	s := newStage(ctx)
	if err := s.witness(); err != nil {
		return s.abandon(err)
	}
	var slow atomic.Int64
	slow.Store(int64(2 * time.Millisecond))
	upstream, err := s.serveHTTP(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(time.Duration(slow.Load()))
		io.WriteString(w, "19.99")
	}))
	if err != nil {
		return s.abandon(err)
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: quoteCallers}}
	s.afterStop(func() error {
		client.CloseIdleConnections()
		return nil
	})
	for i := range quoteCallers {
		begin := quotePause * time.Duration(i) / quoteCallers
		s.running.Go(func() { s.fetchQuotes(client, "http://"+upstream+"/", begin) })
	}
	s.fault = func(strength scenario.Strength) error {
		slow.Store(int64(pick(strength, 250*time.Millisecond, 700*time.Millisecond)))
		return nil
	}
	return s, nil
}

// fetchQuotes is one caller. It begins when the others do not.
func (s *stage) fetchQuotes(client *http.Client, url string, begin time.Duration) {
	timer := time.NewTimer(begin)
	defer timer.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-timer.C:
		}
		s.fail(fetchQuote(s.ctx, client, url))
		timer.Reset(quotePause)
	}
}

// fetchQuote asks the upstream and waits for its answer.
//
//go:noinline
func fetchQuote(ctx context.Context, client *http.Client, url string) error {
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
