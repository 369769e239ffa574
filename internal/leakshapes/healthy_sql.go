package leakshapes

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"
	"time"
)

func sqlDatabaseClosed() Shape {
	return Shape{
		Name: "sql-database-closed",
		Doc:  "A database has a goroutine that opens connections, which ends a moment after Close.",
		Run: func(t testing.TB) {
			db := sql.OpenDB(namesDriver{})
			defer db.Close()
			var name string
			noError(t, db.QueryRowContext(t.Context(), "first").Scan(&name))
		},
	}
}

func sqlTransaction() Shape {
	return Shape{
		Name: "sql-transaction",
		Doc:  "A transaction has a goroutine that waits for its context, until commit or rollback.",
		Run: func(t testing.TB) {
			db := sql.OpenDB(namesDriver{})
			t.Cleanup(func() { db.Close() })
			for i := range 4 {
				tx, err := db.BeginTx(t.Context(), nil)
				noError(t, err)
				_, err = tx.ExecContext(t.Context(), "insert")
				noError(t, err)
				if i%2 == 0 {
					noError(t, tx.Commit())
				} else {
					noError(t, tx.Rollback())
				}
			}
		},
	}
}

func sqlTransactionCancelled() Shape {
	return Shape{
		Name: "sql-transaction-cancelled",
		Doc:  "A transaction is rolled back by its own goroutine, when the test's context ends.",
		Run: func(t testing.TB) {
			db := sql.OpenDB(namesDriver{})
			t.Cleanup(func() { db.Close() })
			tx, err := db.BeginTx(t.Context(), nil) // cancelled before the cleanups
			noError(t, err)
			_, err = tx.ExecContext(t.Context(), "insert")
			noError(t, err)
		},
	}
}

func sqlQueryCancelled() Shape {
	return Shape{
		Name: "sql-query-cancelled",
		Doc:  "A query waits in a goroutine until its context is cancelled, after the test's function has returned.",
		Run: func(t testing.TB) {
			db := sql.OpenDB(namesDriver{})
			ended := make(chan error, 1)
			go func() {
				_, err := db.ExecContext(t.Context(), "insert")
				if err == nil {
					err = db.QueryRowContext(t.Context(), "wait").Err()
				}
				ended <- err
			}()
			t.Cleanup(func() {
				if err := <-ended; !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
				db.Close()
			})
		},
	}
}

func sqlRowsClosedEarly() Shape {
	return Shape{
		Name: "sql-rows-closed-early",
		Doc:  "Rows have a goroutine that waits for their context, which ends when they are closed half read.",
		Run: func(t testing.TB) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			db := sql.OpenDB(namesDriver{})
			defer db.Close()
			rows, err := db.QueryContext(ctx, "all")
			noError(t, err)
			defer rows.Close()
			if !rows.Next() {
				t.Fatal(rows.Err())
			}
		},
	}
}

func sqlConnectionsShared() Shape {
	return Shape{
		Name: "sql-connections-shared",
		Doc:  "Fifty callers wait for two connections, and goroutines clean and open connections meanwhile.",
		Run: func(t testing.TB) {
			db := sql.OpenDB(namesDriver{})
			defer db.Close()
			db.SetMaxOpenConns(2)
			db.SetConnMaxLifetime(time.Minute) // starts the cleaner
			var callers sync.WaitGroup
			for range 50 {
				callers.Go(func() {
					var name string
					if err := db.QueryRowContext(t.Context(), "first").Scan(&name); err != nil {
						t.Error(err)
					}
				})
			}
			callers.Wait()
		},
	}
}
