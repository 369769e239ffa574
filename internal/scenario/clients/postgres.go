package clients

import (
	"context"
	"net"

	"github.com/jackc/pgx/v5/pgproto3"
)

// servePostgres starts a server that speaks PostgreSQL's protocol and answers every query with one
// row, until the program stops.
func (p *program) servePostgres() (addr string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	var stopped context.Context
	stopped, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.acceptPostgres(stopped, l)
	}()
	p.atEnd(func() error { // after the client, which says goodbye
		stop()
		err := l.Close()
		<-ended
		return err
	})
	return l.Addr().String(), nil
}

// acceptPostgres returns when the listener is closed and every connection's goroutine has ended.
func (p *program) acceptPostgres(stopped context.Context, l net.Listener) {
	conns := make(chan struct{})
	n := 0
	for {
		c, err := l.Accept()
		if err != nil {
			break
		}
		n++
		go func() {
			defer func() { conns <- struct{}{} }()
			defer c.Close()
			forget := context.AfterFunc(stopped, func() { c.Close() })
			defer forget()
			p.postgres(c)
		}()
	}
	for range n {
		<-conns
	}
}

// postgres serves one connection until it breaks.
func (p *program) postgres(c net.Conn) {
	b := pgproto3.NewBackend(c, c)
	if _, err := b.ReceiveStartupMessage(); err != nil {
		return
	}
	b.Send(&pgproto3.AuthenticationOk{})
	b.Send(&pgproto3.ParameterStatus{Name: "server_version", Value: "17.0"})
	b.Send(&pgproto3.ParameterStatus{Name: "standard_conforming_strings", Value: "on"})
	b.Send(&pgproto3.ParameterStatus{Name: "client_encoding", Value: "UTF8"})
	b.Send(&pgproto3.BackendKeyData{ProcessID: 1, SecretKey: []byte{0, 0, 0, 1}})
	b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
	for b.Flush() == nil {
		if !p.postgresMessages(b) {
			return
		}
	}
}

// postgresMessages answers messages up to one after which the client waits. It returns false when
// there are no more.
func (p *program) postgresMessages(b *pgproto3.Backend) bool {
	columns := &pgproto3.RowDescription{Fields: []pgproto3.FieldDescription{{Name: []byte("name"), DataTypeOID: 25, DataTypeSize: -1, TypeModifier: -1}}}
	row := &pgproto3.DataRow{Values: [][]byte{[]byte("Ada")}}
	for {
		m, err := b.Receive()
		if err != nil {
			return false
		}
		switch m := m.(type) {
		case *pgproto3.Parse:
			b.Send(&pgproto3.ParseComplete{})
		case *pgproto3.Describe:
			if m.ObjectType == 'S' {
				b.Send(&pgproto3.ParameterDescription{})
			}
			b.Send(columns)
		case *pgproto3.Bind:
			b.Send(&pgproto3.BindComplete{})
		case *pgproto3.Execute:
			p.serve()
			b.Send(row)
			b.Send(&pgproto3.CommandComplete{CommandTag: []byte("SELECT 1")})
		case *pgproto3.Query: // a ping, which asks for nothing
			b.Send(&pgproto3.EmptyQueryResponse{})
			b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
			return true
		case *pgproto3.Sync:
			b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
			return true
		case *pgproto3.Terminate:
			return false
		}
	}
}
