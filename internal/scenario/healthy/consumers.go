package healthy

import (
	"bufio"
	"fmt"
	"net"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

func pollingConsumers() scenario.Scenario {
	return scenario.Scenario{
		Name:  "polling-consumers",
		Doc:   "Thirty consumers ask a broker for messages again and again and wait half a second for an answer, because there are few.",
		Start: built(buildPollingConsumers),
	}
}

const (
	consumers     = 30
	busyConsumers = 5 // the others' partitions are quiet
	fetchWait     = 500 * time.Millisecond
)

func buildPollingConsumers(p *program) error {
	addr, err := p.serveTCP(p.serveFetches)
	if err != nil {
		return err
	}
	for i := range consumers {
		c, err := p.dial(addr)
		if err != nil {
			return err
		}
		p.running.Go(func() { p.consume(c, i) })
	}
	return nil
}

// consume fetches what there is in a partition, or waits for it, and handles each message.
func (p *program) consume(c net.Conn, partition int) {
	in := bufio.NewReader(c)
	for {
		messages, err := fetch(c, in, partition)
		if err != nil {
			p.fail(err)
			return
		}
		for i := range messages {
			p.work(uint64(i), 1000)
		}
	}
}

// fetch asks for messages and returns how many came: none if there were none for half a second.
func fetch(c net.Conn, in *bufio.Reader, partition int) (messages int, err error) {
	if _, err := fmt.Fprintf(c, "fetch %d\n", partition); err != nil {
		return 0, err
	}
	_, err = fmt.Fscanf(in, "messages %d\n", &messages)
	return messages, err
}

// serveFetches answers a consumer when there is something, or with nothing after half a second.
func (p *program) serveFetches(c net.Conn) {
	in := bufio.NewReader(c)
	for {
		var partition int
		if _, err := fmt.Fscanf(in, "fetch %d\n", &partition); err != nil {
			return
		}
		wait, messages := fetchWait, 0
		if partition < busyConsumers {
			wait, messages = between(5*time.Millisecond, 50*time.Millisecond), 10
		}
		if !pause(p.ctx, wait) {
			return
		}
		if _, err := fmt.Fprintf(c, "messages %d\n", messages); err != nil {
			return
		}
	}
}
