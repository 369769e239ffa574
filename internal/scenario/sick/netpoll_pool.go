package sick

import (
	"bufio"
	"context"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// The pool has more connections than a healthy database needs: of 120 queries a second that are
// answered in 2 ms there is rarely more than one at a time.
const (
	poolSize   = 32
	queryRate  = 120
	queryQueue = 64
)

func slowDatabase() scenario.Scenario {
	return scenario.Scenario{
		Name:  "slow-database-behind-pool",
		Doc:   "A database answers a hundred times slower than usual, and the workers of a fixed pool wait for it, each on its connection.",
		Kind:  "netpoll-block",
		Sites: []string{site("query")},
		Start: startDatabase,
	}
}

// startDatabase starts the database, the workers that have a connection each, and who gives them
// jobs.
func startDatabase(ctx context.Context) (scenario.Program, error) {
	s := newStage(ctx)
	var slow atomic.Int64
	slow.Store(int64(2 * time.Millisecond))
	database, err := s.listen(func(c net.Conn) { answerQueries(c, &slow) })
	if err != nil {
		return s.abandon(err)
	}
	if err := s.witness(); err != nil {
		return s.abandon(err)
	}
	jobs := make(chan string, queryQueue)
	for range poolSize {
		c, err := s.dial(database)
		if err != nil {
			return s.abandon(err)
		}
		s.running.Go(func() { s.work(c, jobs) })
	}
	s.running.Go(func() { produce(s.ctx, jobs) })
	s.fault = func(strength scenario.Strength) error {
		slow.Store(int64(pick(strength, 200*time.Millisecond, 700*time.Millisecond)))
		return nil
	}
	return s, nil
}

// answerQueries serves one connection until its client closes it.
func answerQueries(c net.Conn, slow *atomic.Int64) {
	in := bufio.NewReader(c)
	for {
		q, err := in.ReadString('\n')
		if err != nil {
			return
		}
		time.Sleep(time.Duration(slow.Load()))
		if _, err := io.WriteString(c, "row of "+q); err != nil {
			return
		}
	}
}

// produce makes jobs. When the queue is full they are refused, as they should be.
func produce(ctx context.Context, jobs chan<- string) {
	scenario.Every(ctx, time.Second/queryRate, func() {
		select {
		case jobs <- "select price\n":
		default:
		}
	})
}

// work does the jobs of one worker.
func (s *stage) work(c net.Conn, jobs <-chan string) {
	in := bufio.NewReader(c)
	for {
		select {
		case <-s.ctx.Done():
			return
		case job := <-jobs:
			if _, err := query(c, in, job); err != nil {
				s.fail(err)
				return
			}
		}
	}
}

// query sends a query and waits for the row.
//
//go:noinline
func query(c net.Conn, in *bufio.Reader, job string) (string, error) {
	if _, err := io.WriteString(c, job); err != nil {
		return "", err
	}
	return in.ReadString('\n')
}
