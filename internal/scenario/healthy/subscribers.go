package healthy

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

func messageSubscribers() scenario.Scenario {
	return scenario.Scenario{
		Name:  "message-subscribers",
		Doc:   "One connection's goroutine reads messages for sixty subscribers, of whom most are never sent one.",
		Start: built(buildMessageSubscribers),
	}
}

const (
	subscribers   = 60
	busySubjects  = 10 // the others are quiet
	messagePeriod = 5 * time.Millisecond
)

func buildMessageSubscribers(p *program) error {
	addr, err := p.serveTCP(p.broker)
	if err != nil {
		return err
	}
	c, err := p.dial(addr)
	if err != nil {
		return err
	}
	bus := &bus{subjects: make(map[string]chan string)}
	for i := range subscribers {
		messages := bus.subscribe(fmt.Sprintf("subject.%d", i))
		p.running.Go(func() {
			for m := range messages {
				p.work(uint64(len(m)), 1000)
			}
		})
	}
	p.running.Go(func() { p.fail(bus.read(c)) })
	return nil
}

// broker sends a message on a busy subject every few milliseconds, and listens to what its client
// has to say, which is nothing.
func (p *program) broker(c net.Conn) {
	p.running.Go(func() { io.Copy(io.Discard, c) })
	n := 0
	scenario.Every(p.ctx, messagePeriod, func() {
		n++
		fmt.Fprintf(c, "subject.%d message %d\n", n%busySubjects, n)
	})
}

// bus is the client's side of the connection to a broker.
type bus struct {
	mu       sync.Mutex
	subjects map[string]chan string
}

// subscribe returns the messages on a subject.
func (b *bus) subscribe(subject string) <-chan string {
	b.mu.Lock()
	defer b.mu.Unlock()
	messages := make(chan string, 64)
	b.subjects[subject] = messages
	return messages
}

// read hands messages to their subscribers until the connection is closed. Who does not keep up
// misses some.
func (b *bus) read(c net.Conn) error {
	defer b.close()
	lines := bufio.NewScanner(c)
	for lines.Scan() {
		subject, message, _ := strings.Cut(lines.Text(), " ")
		b.mu.Lock()
		messages := b.subjects[subject]
		b.mu.Unlock()
		select {
		case messages <- message:
		default:
		}
	}
	return lines.Err()
}

func (b *bus) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, messages := range b.subjects {
		close(messages)
	}
	b.subjects = nil
}
