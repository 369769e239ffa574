package clients

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
)

func pgxClient() client {
	return client{
		name:  "pgx",
		doc:   "Two dozen callers use a pool of PostgreSQL connections, of which most are idle.",
		site:  "queryPgx",
		build: buildPgx,
	}
}

func buildPgx(p *program) error {
	addr, err := p.servePostgres()
	if err != nil {
		return err
	}
	cfg, err := pgxpool.ParseConfig(fmt.Sprintf("postgres://user@%s/db?sslmode=disable&pool_max_conns=%d", addr, 2*callers))
	if err != nil {
		return err
	}
	pool, err := pgxpool.NewWithConfig(p.ctx, cfg)
	if err != nil {
		return err
	}
	p.atEnd(func() error {
		pool.Close()
		return nil
	})
	return p.ask(func() error { return queryPgx(p.ctx, pool) })
}

//go:noinline
func queryPgx(ctx context.Context, pool *pgxpool.Pool) error {
	var name string
	return pool.QueryRow(ctx, "select name from people where id = 1").Scan(&name)
}
