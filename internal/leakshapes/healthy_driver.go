package leakshapes

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
)

// namesDriver is a database of one table with three names, in memory. A query "wait" is answered
// when its context is cancelled.
type namesDriver struct{}

// Connect implements [driver.Connector].
func (namesDriver) Connect(context.Context) (driver.Conn, error) { return namesConn{}, nil }

// Driver implements [driver.Connector].
func (d namesDriver) Driver() driver.Driver { return d }

// Open implements [driver.Driver].
func (namesDriver) Open(string) (driver.Conn, error) { return namesConn{}, nil }

type namesConn struct{}

// QueryContext implements [driver.QueryerContext].
func (namesConn) QueryContext(ctx context.Context, query string, _ []driver.NamedValue) (driver.Rows, error) {
	if query == "wait" {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return &namesRows{names: []string{"Ada", "Grace", "Barbara"}}, nil
}

// ExecContext implements [driver.ExecerContext].
func (namesConn) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(1), nil
}

// Prepare implements [driver.Conn].
func (namesConn) Prepare(string) (driver.Stmt, error) {
	return nil, errors.New("leakshapes: the database prepares nothing")
}

// Begin implements [driver.Conn].
func (c namesConn) Begin() (driver.Tx, error) { return c, nil }

// Commit implements [driver.Tx].
func (namesConn) Commit() error { return nil }

// Rollback implements [driver.Tx].
func (namesConn) Rollback() error { return nil }

// Close implements [driver.Conn].
func (namesConn) Close() error { return nil }

type namesRows struct{ names []string }

// Columns implements [driver.Rows].
func (*namesRows) Columns() []string { return []string{"name"} }

// Close implements [driver.Rows].
func (*namesRows) Close() error { return nil }

// Next implements [driver.Rows].
func (r *namesRows) Next(row []driver.Value) error {
	if len(r.names) == 0 {
		return io.EOF
	}
	row[0], r.names = r.names[0], r.names[1:]
	return nil
}
