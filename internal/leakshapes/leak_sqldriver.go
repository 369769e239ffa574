package leakshapes

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
)

// memoryDriver is a driver of databases that have three users and no file. Its connections start
// no goroutines.
type memoryDriver struct{}

// Connect implements [driver.Connector].
func (memoryDriver) Connect(context.Context) (driver.Conn, error) { return memoryConn{}, nil }

// Driver implements [driver.Connector].
func (memoryDriver) Driver() driver.Driver { return memoryDriver{} }

// Open implements [driver.Driver].
func (memoryDriver) Open(string) (driver.Conn, error) { return memoryConn{}, nil }

type memoryConn struct{}

// QueryContext implements [driver.QueryerContext].
func (memoryConn) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	return &memoryRows{[]string{"Ada", "Grace", "Barbara"}}, nil
}

// Prepare implements [driver.Conn].
func (memoryConn) Prepare(string) (driver.Stmt, error) {
	return nil, errors.New("the database has queries only")
}

// Begin implements [driver.Conn].
func (memoryConn) Begin() (driver.Tx, error) { return memoryTx{}, nil }

// Close implements [driver.Conn].
func (memoryConn) Close() error { return nil }

type memoryTx struct{}

// Commit implements [driver.Tx].
func (memoryTx) Commit() error { return nil }

// Rollback implements [driver.Tx].
func (memoryTx) Rollback() error { return nil }

type memoryRows struct{ names []string }

// Columns implements [driver.Rows].
func (*memoryRows) Columns() []string { return []string{"name"} }

// Close implements [driver.Rows].
func (*memoryRows) Close() error { return nil }

// Next implements [driver.Rows].
func (r *memoryRows) Next(row []driver.Value) error {
	if len(r.names) == 0 {
		return io.EOF
	}
	row[0], r.names = r.names[0], r.names[1:]
	return nil
}
