package clients

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

func natsClient() client {
	return client{
		name:  "nats",
		doc:   "Two dozen callers ask over one NATS connection, on which forty subscribers hear nothing.",
		site:  "requestNATS",
		build: buildNATS,
	}
}

const quietSubjects = 40

func buildNATS(p *program) error {
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, NoLog: true, NoSigs: true})
	if err != nil {
		return err
	}
	s.Start()
	p.atEnd(func() error {
		s.Shutdown()
		s.WaitForShutdown()
		return nil
	})
	if !s.ReadyForConnections(10 * time.Second) {
		return errors.New("the NATS server does not start")
	}
	responder, err := p.connectNATS(s.ClientURL())
	if err != nil {
		return err
	}
	_, err = responder.Subscribe("question", func(m *nats.Msg) {
		p.running.Go(func() {
			p.serve()
			if err := m.Respond([]byte("answer")); err != nil {
				p.fail(err)
			}
		})
	})
	if err != nil {
		return err
	}
	if err := responder.Flush(); err != nil {
		return err
	}
	c, err := p.connectNATS(s.ClientURL())
	if err != nil {
		return err
	}
	for range quietSubjects {
		sub, err := c.SubscribeSync("quiet")
		if err != nil {
			return err
		}
		p.running.Go(func() {
			for p.ctx.Err() == nil {
				if _, err := sub.NextMsgWithContext(p.ctx); err != nil {
					p.fail(err)
				}
			}
		})
	}
	return p.ask(func() error { return requestNATS(p.ctx, c) })
}

func (p *program) connectNATS(url string) (*nats.Conn, error) {
	closed := make(chan struct{})
	c, err := nats.Connect(url, nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
	if err != nil {
		return nil, err
	}
	p.atEnd(func() error {
		c.Close()
		<-closed
		return nil
	})
	return c, nil
}

//go:noinline
func requestNATS(ctx context.Context, c *nats.Conn) error {
	_, err := c.RequestWithContext(ctx, "question", []byte("?"))
	return err
}
