// Package tracewatchhttp is what of tracewatch needs net/http. It is a package of its own,
// so that a program that serves nothing does not have to link an HTTP server.
//
// [Middleware] makes each request a task of the execution trace:
//
//	http.ListenAndServe(addr, tracewatchhttp.Middleware(mux))
//
// [Handler] is the debug page of a watcher, which by default only clients on the same machine may see:
//
//	mux.Handle("/debug/tracewatch/", tracewatchhttp.Handler(w))
//
// # What the debug page serves
//
// All that is on the page is also to be had without it. Beside the page, wherever it is mounted, are, each for GET and
// HEAD and with these parameters:
//
//	live.json?after=N                    Live: what changes from second to second; at most 60 strips of the
//	                                     heat maps, those after strip N (0)
//	anomalies.json                       Anomalies: the latest 64
//	report.json                          Recent: what the trace in memory says
//	cell.json?proc=P&from=T&to=T         tracewatch.Cell: what is behind a cell of the heat map of P by time,
//	                                     at most 10 s long
//	trace?seconds=N                      the last N seconds of trace (30), for go tool trace
//	trace?from=T&to=T                    the trace of a time
//	profile?kind=KIND&seconds=N          a profile of the last N seconds (30), for go tool pprof; KIND is one of
//	                                     tracewatch.ProfileKinds
//	profile?kind=KIND&from=T&to=T        a profile of a time
//	heatmap.png?seconds=N&width=W&height=H&dark=1
//	heatmap.svg?seconds=N&width=W&height=H&dark=1
//	                                     the heat maps of the last N seconds (60, at most 600), W (1,200)
//	                                     by H (600) pixels, for a dark background or, with 0, a bright one
//	dump?anomaly=NUMBER                  the trace that was written of an anomaly, see tracewatch.WithDumpDir
//	allocs?anomaly=NUMBER                what was allocated before it, for go tool pprof
//
// T is a moment of the trace's clock in nanoseconds, as the documents have it. All of this is of the past: nothing is
// recorded for a request, and there is nothing to wait for. If less is in memory than was asked for, that is what there
// is; how long a trace is the header X-Tracewatch-Seconds says, of which whole generations of about a second are sent,
// with the one before. So these work as they are:
//
//	go tool pprof http://localhost:6060/debug/tracewatch/profile?kind=sched
//	curl -sOJ http://localhost:6060/debug/tracewatch/trace
//	go tool trace <(curl -s http://localhost:6060/debug/tracewatch/trace?seconds=5)
//
// A parameter that is not listed, is there twice or is out of its range is an error.
//
// The documents are the types of this package and those in them, every field of which says what it is. What
// cannot be answered is a [Problem], with a status of
//
//	400, 414  the parameters are wrong: it says what is allowed
//	403       see Handler
//	404       there is no such thing
//	405       only GET and HEAD
//	410       it is not in memory, or on the disk, any more; or the watcher has stopped
//	429, 503  too much at once or in a minute, or nothing is there yet: come again when Retry-After says
//	500       a bug of ours, or a document that could not be made: see WithLogger
package tracewatchhttp
