package clients

import (
	"context"
	"database/sql"
	"fmt"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

func sqlClient() client {
	return client{
		name:  "sql",
		doc:   "Two dozen callers use PostgreSQL through database/sql, which keeps as many connections.",
		site:  "querySQL",
		build: buildSQL,
	}
}

func buildSQL(p *program) error {
	addr, err := p.servePostgres()
	if err != nil {
		return err
	}
	db, err := sql.Open("pgx", fmt.Sprintf("postgres://user@%s/db?sslmode=disable", addr))
	if err != nil {
		return err
	}
	p.atEnd(db.Close)
	db.SetMaxIdleConns(callers)
	return p.ask(func() error { return querySQL(p.ctx, db) })
}

//go:noinline
func querySQL(ctx context.Context, db *sql.DB) error {
	var name string
	return db.QueryRowContext(ctx, "select name from people where id = 1").Scan(&name)
}
