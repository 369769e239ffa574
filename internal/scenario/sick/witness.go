package sick

import (
	"bufio"
	"context"
	"io"
	"net"
	"time"
)

// witnesses is how many goroutines feel what goes wrong, each witnessRate times a second.
const (
	witnesses   = 8
	witnessRate = 20
)

// witness starts the small service that every program here is beside its fault: clients that ask a
// server on the loopback interface for something and hand the answer to somebody else. It is what
// suffers, and it keeps the trace from being empty while nothing is wrong.
func (s *stage) witness() error {
	server, err := s.listen(echo)
	if err != nil {
		return err
	}
	answers := make(chan string)
	s.running.Go(func() { consume(s.ctx, answers) })
	for range witnesses {
		c, err := s.dial(server)
		if err != nil {
			return err
		}
		s.running.Go(func() { s.ask(c, answers) })
	}
	return nil
}

// ask sends one client's questions.
func (s *stage) ask(c net.Conn, answers chan<- string) {
	ticker := time.NewTicker(time.Second / witnessRate)
	defer ticker.Stop()
	in := bufio.NewReader(c)
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-ticker.C:
		}
		answer, err := exchange(c, in, "question\n")
		if err != nil {
			s.fail(err)
			return
		}
		select {
		case <-s.ctx.Done():
			return
		case answers <- answer:
		}
	}
}

// exchange sends a line and reads one.
func exchange(c net.Conn, in *bufio.Reader, line string) (string, error) {
	if _, err := io.WriteString(c, line); err != nil {
		return "", err
	}
	return in.ReadString('\n')
}

func consume(ctx context.Context, answers <-chan string) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-answers:
		}
	}
}

// echo serves one connection until its client closes it.
func echo(c net.Conn) {
	in := bufio.NewReader(c)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		if _, err := io.WriteString(c, line); err != nil {
			return
		}
	}
}

// listen serves connections on the loopback interface, each in a goroutine, until Stop, and returns
// the address.
func (s *stage) listen(serve func(net.Conn)) (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s.atStop(l.Close)
	s.running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				s.fail(err)
				return
			}
			s.running.Go(func() {
				defer c.Close()
				serve(c)
			})
		}
	})
	return l.Addr().String(), nil
}

// dial opens a connection that Stop closes.
func (s *stage) dial(address string) (net.Conn, error) {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	s.atStop(c.Close)
	return c, nil
}
