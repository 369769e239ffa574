package leakshapes

import (
	"context"
	"database/sql"
	"testing"
)

func databaseNotClosed() Shape {
	return Shape{
		Name:    "database-not-closed",
		Doc:     "A database that is opened has a goroutine that opens connections, and this one is not closed.",
		Stays:   1,
		Forever: true,
		Run: func(t testing.TB) {
			db := sql.OpenDB(memoryDriver{}) // stays
			if err := db.Ping(); err != nil {
				t.Error(err)
			}
		},
	}
}

func rowsNotClosed() Shape {
	return Shape{
		Name:    "rows-not-closed",
		Doc:     "A query's rows are left at the first one, so that the goroutine that waits for the end of the rows or of the context stays.",
		Source:  goker + ": cockroach#13755",
		Stays:   1,
		Forever: true,
		Run: func(t testing.TB) {
			db := sql.OpenDB(memoryDriver{})
			defer db.Close()
			var s session
			s.ctx, s.cancel = context.WithCancel(context.Background())
			rows, err := db.QueryContext(s.ctx, "SELECT name FROM users") // stays
			if err != nil {
				t.Fatal(err)
			}
			var name string
			if !rows.Next() || rows.Scan(&name) != nil {
				t.Error(rows.Err())
			}
		},
	}
}

// session is somebody's work with a database.
type session struct {
	ctx    context.Context
	cancel context.CancelFunc
}

func transactionNotEnded() Shape {
	return Shape{
		Name:    "transaction-not-ended",
		Doc:     "A transaction is neither committed nor rolled back when its work fails.",
		Source:  goker + ": cockroach#13197",
		Stays:   1,
		Forever: true,
		Run: func(t testing.TB) {
			db := sql.OpenDB(memoryDriver{})
			defer db.Close()
			var s session
			s.ctx, s.cancel = context.WithCancel(context.Background())
			tx, err := db.BeginTx(s.ctx, nil) // stays
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.Exec("a statement that the driver does not know"); err == nil {
				t.Error("no error")
			}
		},
	}
}
