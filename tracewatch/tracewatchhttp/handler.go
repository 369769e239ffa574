package tracewatchhttp

import (
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"

	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// Handler returns the debug page of a watcher, for the service's own mux:
//
//	mux.Handle("/debug/tracewatch/", tracewatchhttp.Handler(w))
//
// It registers nothing by itself. What it serves, with the parameters and the documents, is listed in the
// documentation of this package.
//
// # Where
//
// The page and all that it needs are beside each other, below wherever the handler is mounted: in a
// [http.ServeMux], by a pattern that ends in a slash (with a method, a host and wildcards if need be), or
// behind [http.StripPrefix]. With another router use the latter: what comes with a path of more than one
// segment, and without a pattern that tells what of it is the mount, is not found.
//
// # Who may
//
// A trace tells function names, files and whatever the program logs into it. By default the handler
// answers only to clients on the same machine: those that connect from a loopback address to one.
// A request is refused with status 403
//
//   - if it comes from elsewhere, or over a unix socket: that is how proxies connect;
//   - if it has a header by which a proxy says that it forwards it, such as X-Forwarded-For, Forwarded or
//     Via: behind a proxy on the same machine everybody comes from loopback. A proxy that adds no such
//     header, as nginx does not unless told so, nor httputil.ReverseProxy with Rewrite, cannot be told
//     from a local client: a service behind one needs [WithAuthorization];
//   - if its Host is a name other than localhost, whoever asks: a page elsewhere may have let its name
//     point here. [WithHosts] admits others;
//   - if a page of another origin has made it, by its Origin or Sec-Fetch-Site, whoever asks. Only a link to
//     the page itself may be followed from elsewhere.
//
// [WithAuthorization] replaces the first two. No answer can be read by other origins, framed, sniffed or kept in a
// cache, and the page may only load what is the handler's own.
//
// # What it costs
//
// Nothing while nobody asks: it starts no goroutine but for the time of a report that somebody waits for. All
// that a request can cost is bounded: how many are answered at once, how many traces, profiles and
// cells are made in a minute, and that by one analysis at a time; a report takes no more than a
// hundredth of a P. What is beyond that is told when to come again, with status 429 or 503 and
// Retry-After. A client that does not read is cut off after ten seconds, and one that goes away ends what was
// being done for it. The bounds hold for each handler: two of one watcher cost twice as much.
// To that end the handler sets write deadlines of its own instead of the server's WriteTimeout, which a wrapper of
// the ResponseWriter without the method Unwrap makes impossible.
//
// A panic of the handler is answered with status 500, and told to nobody but [WithLogger]'s logger.
//
// After [tracewatch.Watcher.Stop] the page goes on to show what was seen; what needs the trace in memory has status 410.
// With a nil w, of a program that could not start its watcher, all documents have status 503.
func Handler(w *tracewatch.Watcher, opts ...HandlerOption) http.Handler {
	if w == nil {
		return newHandler(nil, opts)
	}
	return newHandler(watched{w}, opts)
}

// A HandlerOption changes how [Handler] works.
type HandlerOption interface{ apply(*handler) }

type handlerOption func(*handler)

func (f handlerOption) apply(h *handler) { f(h) }

// WithAuthorization lets allow decide who may see the debug page, instead of admitting only clients on the
// same machine: nil allows, any error refuses with status 403, and the client is told no more than that. What
// else is checked (see [Handler]) is checked before and still holds: the names by which the service is
// reached need [WithHosts].
//
// allow is called for each request, by several goroutines at once and before anything is looked up. It must
// not change the request. If it panics the request is refused. A nil allow changes nothing.
//
// A service whose mux lets only administrators through anyway, or which asks for a password, wraps the handler in
// that and allows all that arrives:
//
//	tracewatchhttp.WithAuthorization(func(*http.Request) error { return nil })
func WithAuthorization(allow func(r *http.Request) error) HandlerOption {
	return handlerOption(func(h *handler) {
		if allow != nil {
			h.guard.allow = allow
		}
	})
}

// WithHosts names hosts by which the debug page may be reached besides localhost, what ends in .localhost, and
// addresses: "debug.example.com" with any port, or "debug.example.com:8443" with that one. There are no
// wildcards. It admits nobody by itself: see [WithAuthorization]. May be given more than once.
func WithHosts(hosts ...string) HandlerOption {
	return handlerOption(func(h *handler) { h.guard.admit(hosts) })
}

// WithLogger sets where [Handler] says what goes wrong in it: a panic of its own, a document that could not be
// made. By default it is silent. What clients do wrong is told to them only.
func WithLogger(l *slog.Logger) HandlerOption {
	return handlerOption(func(h *handler) { h.log = l })
}

// handler is the debug page.
type handler struct {
	src     source // nil: there is none
	program Program
	guard   guard
	log     *slog.Logger // nil: nothing is said
	bounds  bounds

	endpoints map[string]endpoint
	files     map[string]*file // assets by their names

	requests, documents, analyses, downloads              *gate
	docRate, downloadRate, profileRate, cellRate, picRate *rate
	workRate                                              *rate // of the time that analyses and pictures take

	reports reports
	cells   cells
	zips    sync.Pool
}

// endpoint is what is served under a name.
type endpoint struct {
	params []string // all that it knows
	serve  func(*exchange) error
}

func newHandler(src source, opts []HandlerOption) *handler {
	h := &handler{src: src, program: thisProgram(), bounds: defaultBounds(), files: readAssets(assets)}
	h.requests = newGate(limits.PageRequests, 0, 0)
	h.documents = newGate(limits.PageDocuments, limits.PageRequests, limits.PageDocumentWait)
	h.analyses = newGate(1, limits.PageAnalysisQueue, limits.PageAnalysisWait)
	h.downloads = newGate(limits.PageDownloads, 0, 0)
	h.docRate = newRate(limits.PageDocumentsAMinute, limits.PageDocumentsAtOnce)
	h.downloadRate = newRate(limits.PageDownloadsAMinute, limits.PageDownloadsAtOnce)
	h.profileRate = newRate(limits.PageProfilesAMinute, limits.PageProfilesAtOnce)
	h.cellRate = newRate(limits.PageCellsAMinute, limits.PageCellsAtOnce)
	h.workRate = &rate{atOnce: limits.PageWorkShare * limits.PageWorkAtOnce}
	h.picRate = newRate(limits.PagePicturesAMinute, limits.PagePicturesAtOnce)
	h.endpoints = map[string]endpoint{
		"live.json":      {[]string{"after"}, h.serveLive},
		"anomalies.json": {nil, h.serveAnomalies},
		"report.json":    {nil, h.serveReport},
		"cell.json":      {[]string{"proc", "from", "to"}, h.serveCell},
		"trace":          {[]string{"seconds", "from", "to"}, h.serveTrace},
		"profile":        {[]string{"kind", "seconds", "from", "to"}, h.serveProfile},
		"dump":           {[]string{"anomaly"}, h.serveDump},
		"allocs":         {[]string{"anomaly"}, h.serveAllocs},
		"heatmap.png":    {pictureParams, h.servePNG},
		"heatmap.svg":    {pictureParams, h.serveSVG},
	}
	for _, f := range h.files {
		h.zip(&f.doc)
	}
	for _, o := range opts {
		if o != nil {
			o.apply(h)
		}
	}
	return h
}

// ServeHTTP implements [http.Handler].
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := h.begin(w, r)
	defer func() {
		v := recover()
		if v == nil {
			return
		}
		if err, ok := v.(error); ok && err == http.ErrAbortHandler { //nolint:errorlint // as net/http compares it
			panic(v)
		}
		h.say("a bug in tracewatchhttp, please report it", slog.Any("panic", v), slog.String("stack", stack()))
		x.fail(errBug)
	}()
	if err := h.serve(x); err != nil {
		x.fail(err)
	}
}

// serve answers a request, unless it returns an error.
func (h *handler) serve(x *exchange) error {
	at := locate(x.r)
	if err := h.guard.check(x.r, at.name == ""); err != nil {
		return err
	}
	if err := h.guard.authorize(x.r); err != nil {
		return err // before a place is taken that somebody else may want
	}
	if err := h.requests.enter(x.r.Context()); err != nil {
		return err
	}
	defer h.requests.leave()
	if x.r.Method != http.MethodGet && x.r.Method != http.MethodHead {
		x.w.Header().Set("Allow", "GET, HEAD")
		return problemf(http.StatusMethodNotAllowed, "only GET and HEAD: nothing here can be changed")
	}
	if x.r.ContentLength != 0 {
		return problemf(http.StatusBadRequest, "the request has a body; send it without")
	}
	if n := len(x.r.URL.RawQuery); n > limits.PageQueryBytes {
		return problemf(http.StatusRequestURITooLong, "the query has %d bytes, at most %d are read", n, limits.PageQueryBytes)
	}
	switch {
	case at.redirect != "":
		x.w.Header().Set("Location", at.redirect)
		x.send(http.StatusTemporaryRedirect, "text/plain; charset=utf-8", []byte("the page is at "+at.redirect+"\n"))
		return nil
	case at.missing != "":
		return problemf(http.StatusNotFound, "%s", at.missing)
	}
	e, ok := h.endpoints[at.name]
	if !ok {
		return h.serveAsset(x, at.name)
	}
	if h.src == nil {
		return problemf(http.StatusServiceUnavailable, "this program has no watcher: tracewatch.Start has failed, and its error says why")
	}
	var err error
	if x.query, err = parseQuery(x.r.URL.RawQuery, e.params); err != nil {
		return err
	}
	return h.apart(func() error { return e.serve(x) })
}

// apart lets f run on a goroutine that the watch knows as its own by the function that it begins in: what the page
// costs is the watch's, and no detector takes it for the service's. A panic in f is answered as a bug of ours, but for
// that by which a handler breaks an answer off: it goes on in the caller.
func (h *handler) apart(f func() error) error {
	done := make(chan outcome, 1)
	go h.work(f, done)
	o := <-done
	if o.panic != nil {
		if o.panic != http.ErrAbortHandler { //nolint:errorlint // as net/http compares it
			h.say("a bug in tracewatchhttp, please report it", slog.Any("panic", o.panic), slog.String("stack", o.stack))
			return errBug
		}
		panic(o.panic)
	}
	return o.err
}

// outcome is what came of a function.
type outcome struct {
	err   error
	panic any
	stack string // of the panic
}

func (h *handler) work(f func() error, done chan<- outcome) {
	o := outcome{err: errBug} // of runtime.Goexit
	defer func() {
		if o.panic = recover(); o.panic != nil {
			o.stack = stack()
		}
		done <- o
	}()
	o.err = f()
}

// say tells the logger, if there is one.
func (h *handler) say(what string, attrs ...any) {
	if h.log != nil {
		defer func() { _ = recover() }() // the logger is the user's
		h.log.Error("tracewatchhttp: "+what, attrs...)
	}
}

// stack returns the stack of a panic that was just recovered, capped.
func stack() string {
	s := debug.Stack()
	return string(s[:min(len(s), limits.PanicStackBytes)])
}
