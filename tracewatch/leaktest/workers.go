package leaktest

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/traceback"
)

// A worker is a goroutine of a well-known package, with what is to be done about it.
type worker struct {
	begins  string // a function that it is in, or the beginning of some that ends in a dot or a slash: a type's methods, a package
	what    string
	fix     string
	close   func() // closes it, if it is the process's and nobody uses it
	process bool   // it is the process's, and never ends
}

// closeIdle closes the idle connections that the process shares, and is why net/http is imported: no test owns them, and no
// test can be asked to close what another one may want to use next.
// The client's transport may be the user's, and is not to end the test.
func closeIdle() {
	defer func() { _ = recover() }()
	http.DefaultClient.CloseIdleConnections()
}

// workers are those that tests leave behind most often.
var workers = []worker{
	{begins: "os/signal.loop", process: true, what: "the process's signal loop, which the first signal.Notify starts and nothing ends"},
	{begins: "net/http.(*persistConn).", close: closeIdle,
		what: "a connection of an http.Transport",
		fix:  "read and close the response's body; client.CloseIdleConnections() closes what is idle (of http.DefaultClient that was done)"},
	{begins: "net/http.(*http2ClientConn).", close: closeIdle,
		what: "an HTTP/2 connection of an http.Transport", fix: "close the response's body, and call client.CloseIdleConnections()"},
	{begins: "net/http/httptest.(*Server).", what: "an httptest.Server", fix: "t.Cleanup(srv.Close)"},
	{begins: "net/http.(*Server).Serve", what: "an HTTP server", fix: "srv.Shutdown(ctx) or srv.Close()"},
	{begins: "net/http.Serve", what: "an HTTP server", fix: "close its listener, or use an http.Server and close that"},
	{begins: "net/http.(*conn).serve", what: "an HTTP server's connection", fix: "close the server: srv.Shutdown(ctx) or srv.Close()"},
	{begins: "net/http.(*connReader).", what: "an HTTP server's connection", fix: "close the server: srv.Shutdown(ctx) or srv.Close()"},
	{begins: "database/sql.(*DB).", what: "an open sql.DB", fix: "t.Cleanup(func() { db.Close() })"},
	{begins: "database/sql.(*Tx).", what: "an open transaction", fix: "tx.Rollback() or tx.Commit(), or cancel its context"},
	{begins: "database/sql.(*Rows).", what: "open rows", fix: "rows.Close(), or cancel their context"},
	{begins: "os/signal.NotifyContext.", what: "a signal.NotifyContext", fix: "call the stop function that it returned"},
	{begins: "os/exec.(*Cmd).", what: "a command that was started", fix: "cmd.Wait()"},
	{begins: "context.(*cancelCtx).propagateCancel.", what: "a context whose parent is of a type of its own", fix: "call its cancel function"},
	{begins: "runtime/pprof.profileWriter", what: "a CPU profile", fix: "pprof.StopCPUProfile()"},
	{begins: "google.golang.org/grpc.", what: "a gRPC connection or server", fix: "conn.Close(), server.Stop()"},
	{begins: "google.golang.org/grpc/internal/", what: "a gRPC connection or server", fix: "conn.Close(), server.Stop()"},
	{begins: "github.com/jackc/pgx/v5/pgxpool.", what: "a pgx pool", fix: "pool.Close()"},
	{begins: "github.com/redis/go-redis/v9/", what: "a Redis client", fix: "client.Close()"},
	{begins: "go.opentelemetry.io/otel/sdk/", what: "an OpenTelemetry provider", fix: "provider.Shutdown(ctx)"},
}

// workerOf returns the worker that a goroutine is, nil if it is no well-known one, or is one that calls the user's code and is
// there now.
func workerOf(g *traceback.Goroutine) *worker {
	frames := g.Frames()
	for _, f := range slices.Backward(frames) {
		for i := range workers {
			if w := &workers[i]; w.is(f.Func) {
				if slices.ContainsFunc(placeOf(frames), func(f detectors.Frame) bool { return !isStandard(f) && !w.is(f.Func) }) {
					return nil
				}
				return w
			}
		}
	}
	return nil
}

// is reports whether a function is a worker's.
func (w *worker) is(fn string) bool {
	if end := w.begins[len(w.begins)-1]; end == '.' || end == '/' {
		return strings.HasPrefix(fn, w.begins)
	}
	return within(fn, []string{w.begins})
}
