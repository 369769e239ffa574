package healthy

import (
	"bufio"
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"
	"time"
)

// database answers each line with three rows and an empty one, after a millisecond or two.
func (p *program) database(c net.Conn) {
	in := bufio.NewReader(c)
	for {
		if _, err := in.ReadString('\n'); err != nil {
			return
		}
		if !pause(p.ctx, between(time.Millisecond, 2*time.Millisecond)) {
			return
		}
		if _, err := io.WriteString(c, "Ada\nGrace\nBarbara\n\n"); err != nil {
			return
		}
	}
}

// lineDriver is a driver for such a database.
type lineDriver struct{ addr string }

// Connect implements [driver.Connector].
func (d lineDriver) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", d.addr)
	if err != nil {
		return nil, err
	}
	return &lineConn{c, bufio.NewReader(c)}, nil
}

// Driver implements [driver.Connector].
func (d lineDriver) Driver() driver.Driver { return d }

// Open implements [driver.Driver].
func (d lineDriver) Open(addr string) (driver.Conn, error) {
	return lineDriver{addr}.Connect(context.Background())
}

type lineConn struct {
	net.Conn
	in *bufio.Reader
}

// QueryContext implements [driver.QueryerContext]. The answer is read in the caller's goroutine.
func (c *lineConn) QueryContext(_ context.Context, query string, _ []driver.NamedValue) (driver.Rows, error) {
	if _, err := io.WriteString(c, query+"\n"); err != nil {
		return nil, err
	}
	var names []string
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return nil, err
		}
		if line == "\n" {
			return &lineRows{names}, nil
		}
		names = append(names, strings.TrimSuffix(line, "\n"))
	}
}

var errNotThere = errors.New("healthy: the database has queries only")

// Prepare implements [driver.Conn].
func (c *lineConn) Prepare(string) (driver.Stmt, error) { return nil, errNotThere }

// Begin implements [driver.Conn].
func (c *lineConn) Begin() (driver.Tx, error) { return nil, errNotThere }

type lineRows struct{ names []string }

// Columns implements [driver.Rows].
func (*lineRows) Columns() []string { return []string{"name"} }

// Close implements [driver.Rows].
func (*lineRows) Close() error { return nil }

// Next implements [driver.Rows].
func (r *lineRows) Next(row []driver.Value) error {
	if len(r.names) == 0 {
		return io.EOF
	}
	row[0], r.names = r.names[0], r.names[1:]
	return nil
}
