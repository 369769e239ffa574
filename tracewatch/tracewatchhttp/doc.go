// Package tracewatchhttp is what of tracewatch needs net/http. It is a package of its own,
// so that a program that serves nothing does not have to link an HTTP server.
//
// [Middleware] makes each request a task of the execution trace:
//
//	http.ListenAndServe(addr, tracewatchhttp.Middleware(mux))
package tracewatchhttp
