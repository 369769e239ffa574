package healthy

import (
	"database/sql"
	"net"
	"sync"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

func sqlPool() scenario.Scenario {
	return scenario.Scenario{
		Name:  "sql-pool",
		Doc:   "Thirty queries at the start leave a database's pool with thirty connections, of which a few are used.",
		Start: built(buildSQLPool),
	}
}

const sqlConns = 30

func buildSQLPool(p *program) error {
	addr, err := p.serveTCP(func(c net.Conn) { p.database(c) })
	if err != nil {
		return err
	}
	db := sql.OpenDB(lineDriver{addr})
	p.atEnd(db.Close)
	// A statement has no deadline of its own: the connections end it when the program stops, and
	// the server's end first.
	db.SetMaxIdleConns(sqlConns)
	db.SetMaxOpenConns(sqlConns)
	var first sync.WaitGroup
	for range sqlConns {
		first.Go(func() { p.query(db) })
	}
	first.Wait()
	for i := range 4 {
		p.running.Go(func() {
			if pause(p.ctx, time.Duration(i)*5*time.Millisecond) {
				scenario.Every(p.ctx, 20*time.Millisecond, func() { p.query(db) })
			}
		})
	}
	return nil
}

// query asks for some rows and reads them.
func (p *program) query(db *sql.DB) {
	rows, err := db.QueryContext(p.ctx, "select name from people")
	if err != nil {
		p.fail(err)
		return
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			p.fail(err)
			return
		}
	}
	p.fail(rows.Err())
}
