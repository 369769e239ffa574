package healthy

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

func sessions() scenario.Scenario {
	return scenario.Scenario{
		Name:  "sessions",
		Doc:   "Eight users a second come back to a chat after its restart, each with two goroutines that stay, and none leaves.",
		Start: built(buildSessions),
	}
}

const (
	arrival    = time.Second / 8
	mostUsers  = 4000 // enough for eight minutes
	roomSize   = 8
	rooms      = mostUsers / roomSize
	heartbeat  = 25 * time.Second
	outboxSize = 16
)

func buildSessions(p *program) error {
	var h hall
	addr, err := p.serveTCP(func(c net.Conn) { p.session(&h, c) })
	if err != nil {
		return err
	}
	p.running.Go(func() {
		var users []net.Conn
		speak := time.NewTicker(200 * time.Millisecond)
		defer speak.Stop()
		arrive := time.NewTicker(arrival)
		defer arrive.Stop()
		for {
			select {
			case <-p.ctx.Done():
				return
			case <-speak.C:
				if len(users) > 0 {
					if _, err := io.WriteString(users[rand.N(len(users))], "good morning\n"); err != nil {
						p.fail(err)
					}
				}
			case <-arrive.C:
				if len(users) == mostUsers {
					continue
				}
				c, err := p.dial(addr)
				if err != nil {
					p.fail(err)
					return
				}
				users = append(users, c)
				p.running.Go(func() { io.Copy(io.Discard, c) }) // the user reads what is said
			}
		}
	})
	return nil
}

// session is one user's connection: this goroutine reads what the user says, another writes what
// others say, greets, and sends a sign of life now and then.
func (p *program) session(h *hall, c net.Conn) {
	outbox := make(chan string, outboxSize)
	room := h.enter(outbox)
	done := make(chan struct{})
	defer close(done)
	p.running.Go(func() {
		alive := time.NewTicker(heartbeat)
		defer alive.Stop()
		for {
			select {
			case <-done:
				return
			case line := <-outbox:
				if _, err := io.WriteString(c, line); err != nil {
					return // the reader sees it too
				}
			case <-alive.C:
				if _, err := io.WriteString(c, "\n"); err != nil {
					return
				}
			}
		}
	})
	outbox <- fmt.Sprintf("welcome to room %d\n", room)
	lines := bufio.NewScanner(c)
	for lines.Scan() {
		h.say(room, lines.Text()+"\n")
	}
}
