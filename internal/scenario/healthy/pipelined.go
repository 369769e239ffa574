package healthy

import (
	"bufio"
	"context"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

func pipelinedClient() scenario.Scenario {
	return scenario.Scenario{
		Name:  "pipelined-client",
		Doc:   "Forty callers share one connection to a store, and each waits on a channel until its answer's turn has come.",
		Start: built(buildPipelinedClient),
	}
}

const pipelineCallers = 40

func buildPipelinedClient(p *program) error {
	addr, err := p.serveTCP(echoLines)
	if err != nil {
		return err
	}
	c, err := p.dial(addr)
	if err != nil {
		return err
	}
	l := &pipelined{calls: make(chan call), sent: make(chan call, 1024)}
	p.running.Go(func() { p.fail(l.write(p.ctx, c)) })
	p.running.Go(func() { p.fail(l.read(c)) })
	for i := range pipelineCallers {
		p.running.Go(func() {
			n := i
			scenario.Every(p.ctx, 10*time.Millisecond, func() {
				n++
				l.ask(p.ctx, "get "+strconv.Itoa(n))
			})
		})
	}
	return nil
}

// pipelined is a connection on which the answers come in the order of the questions.
type pipelined struct {
	calls chan call
	sent  chan call // not answered yet
}

type call struct {
	question string
	answer   chan string
}

// ask returns the answer to a question, or "" if ctx ends before it comes.
func (l *pipelined) ask(ctx context.Context, question string) string {
	c := call{question, make(chan string, 1)}
	select {
	case l.calls <- c:
	case <-ctx.Done():
		return ""
	}
	select {
	case answer := <-c.answer:
		return answer
	case <-ctx.Done():
		return ""
	}
}

// write sends the questions, and flushes when there is none left to send.
func (l *pipelined) write(ctx context.Context, c net.Conn) error {
	defer close(l.sent)
	out := bufio.NewWriter(c)
	for {
		var next call
		select {
		case next = <-l.calls:
		case <-ctx.Done():
			return nil
		}
		for more := true; more; {
			l.sent <- next
			if _, err := io.WriteString(out, next.question+"\n"); err != nil {
				return err
			}
			select {
			case next = <-l.calls:
			default:
				more = false
			}
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
}

// read hands out the answers.
func (l *pipelined) read(c net.Conn) error {
	in := bufio.NewReader(c)
	for waiting := range l.sent {
		answer, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		waiting.answer <- answer
	}
	return nil
}
