package shop

import (
	"bufio"
	"io"
	"net"
	"sync"
	"time"
)

// store is the second backend, a key-value store with a protocol of one line each way.
type store struct {
	addr     string
	listener net.Listener
	delay    func() time.Duration
	running  sync.WaitGroup
}

// serveStore starts a store that takes delay() for a query.
func serveStore(l net.Listener, delay func() time.Duration) *store {
	s := &store{addr: l.Addr().String(), listener: l, delay: delay}
	s.running.Go(s.accept)
	return s
}

func (s *store) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.running.Go(func() { s.answer(c) })
	}
}

// answer serves one connection until its client closes it.
func (s *store) answer(c net.Conn) {
	defer c.Close()
	in := bufio.NewReader(c)
	for {
		key, err := in.ReadString('\n')
		if err != nil {
			return
		}
		time.Sleep(s.delay())
		if _, err := io.WriteString(c, "value of "+key); err != nil {
			return
		}
	}
}

// stop waits for the clients to close their connections.
func (s *store) stop() error {
	err := s.listener.Close()
	s.running.Wait()
	return err
}
