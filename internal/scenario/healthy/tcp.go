package healthy

import (
	"context"
	"net"
)

// serveTCP calls serve with each connection that comes, on a goroutine of its own, until the
// program stops, and returns the address. A connection is closed when serve returns or the program
// stops, whichever comes first.
func (p *program) serveTCP(serve func(c net.Conn)) (addr string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	context.AfterFunc(p.ctx, func() { l.Close() })
	p.running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				p.fail(err)
				return
			}
			p.running.Go(func() {
				defer p.closed(c)()
				serve(c)
			})
		}
	})
	return l.Addr().String(), nil
}

// dial connects to an address. The connection is closed when the program stops.
func (p *program) dial(addr string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(p.ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	p.closed(c)
	return c, nil
}

// closed has a connection closed when the program stops, so that nobody stays in a read, or when
// what it returns is called.
func (p *program) closed(c net.Conn) func() {
	forget := context.AfterFunc(p.ctx, func() { c.Close() })
	return func() {
		if forget() {
			c.Close()
		}
	}
}
