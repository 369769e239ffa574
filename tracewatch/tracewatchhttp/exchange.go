package tracewatchhttp

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gotracewatch/tracewatch/internal/limits"
)

// policy is what the page may load: what is beside it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// bounds are those that tests make smaller.
type bounds struct {
	stall  time.Duration // a client reads nothing
	total  time.Duration // a request
	work   time.Duration // an analysis
	report int           // bytes of a report
}

func defaultBounds() bounds {
	return bounds{limits.PageStall, limits.PageTotal, limits.PageAnalysisTime, limits.PageReportBytes}
}

// exchange is a request and its answer. It is the writer of the answer's body, which cuts off a client that
// does not read.
type exchange struct {
	h     *handler
	w     http.ResponseWriter
	r     *http.Request
	query query

	control *http.ResponseController
	end     time.Time // of the request, whatever happens
	begun   bool      // the status is sent
	gone    bool      // the client does not read any more
}

// begin sets what every answer has.
func (h *handler) begin(w http.ResponseWriter, r *http.Request) *exchange {
	x := &exchange{h: h, w: w, r: r, control: http.NewResponseController(w), end: time.Now().Add(h.bounds.total)}
	_ = x.control.SetWriteDeadline(x.end) // where it cannot be set, clients are not cut off
	header := w.Header()
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cache-Control", "no-store")
	if r.ContentLength != 0 {
		// The body is not read, and the server is not to wait for it.
		if r.ProtoMajor == 1 {
			header.Set("Connection", "close")
		}
		_ = x.control.SetReadDeadline(time.Now())
	}
	return x
}

// start sends the status and the headers.
func (x *exchange) start(status int, contentType string, length int64) {
	if contentType != "" {
		x.w.Header().Set("Content-Type", contentType)
	}
	if length >= 0 {
		x.w.Header().Set("Content-Length", strconv.FormatInt(length, 10))
	}
	x.begun = true
	x.extend()
	x.w.WriteHeader(status)
}

// extend gives the client time to read what is written next.
func (x *exchange) extend() {
	end := time.Now().Add(x.h.bounds.stall)
	if end.After(x.end) {
		end = x.end
	}
	_ = x.control.SetWriteDeadline(end)
}

// send sends all of an answer.
func (x *exchange) send(status int, contentType string, body []byte) {
	x.start(status, contentType, int64(len(body)))
	_, _ = x.Write(body) // who does not read it has gone
}

// head tells if the client wants no body.
func (x *exchange) head() bool { return x.r.Method == http.MethodHead }

// Write implements [io.Writer]. Its error is of the client.
func (x *exchange) Write(b []byte) (n int, err error) {
	if x.head() {
		return len(b), nil
	}
	for len(b) > 0 {
		if err := x.r.Context().Err(); err != nil {
			x.gone = true
			return n, err
		}
		if !time.Now().Before(x.end) {
			return n, errSlow
		}
		x.extend()
		k, err := x.w.Write(b[:min(len(b), limits.PageChunk)])
		n += k
		if err != nil {
			x.gone = true
			return n, err
		}
		b = b[k:]
	}
	return n, nil
}

// fail answers with a problem. An answer that has begun is broken off, so that nobody takes it for whole; to
// a client that has gone there is nothing more to say.
func (x *exchange) fail(err error) {
	if x.gone {
		return
	}
	if x.begun {
		panic(http.ErrAbortHandler)
	}
	p := x.h.problem(err)
	header := x.w.Header()
	for _, name := range []string{"Content-Encoding", "Content-Disposition", "Etag", "Content-Length"} {
		header.Del(name)
	}
	header.Set("Cache-Control", "no-store")
	if p.retry > 0 {
		header.Set("Retry-After", strconv.FormatInt(int64((p.retry+time.Second-1)/time.Second), 10))
	}
	body, _ := json.Marshal(Problem{Error: p.text})
	x.send(p.status, "application/json", body)
}

// document is a body that is sent as it is or compressed.
type document struct{ plain, zipped []byte } // zipped: nil if that is not worth it

// encode makes a document of a value.
func encode(v any) (*document, error) {
	plain, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return &document{plain: plain}, nil
}

// zip compresses a document, if it is large enough.
func (h *handler) zip(d *document) {
	if len(d.plain) < limits.PageGzipBytes {
		return
	}
	z, ok := h.zips.Get().(*gzip.Writer)
	if !ok {
		z, _ = gzip.NewWriterLevel(nil, gzip.BestSpeed) // the error is of another level
	}
	defer h.zips.Put(z)
	var buf bytes.Buffer
	z.Reset(&buf)
	if _, err := z.Write(d.plain); err != nil || z.Close() != nil || buf.Len() >= len(d.plain) {
		return
	}
	d.zipped = buf.Bytes()
}

// choose returns the form of a document that the client takes, and says in the header which.
func (x *exchange) choose(d *document) []byte {
	header := x.w.Header()
	header.Add("Vary", "Accept-Encoding")
	if d.zipped == nil || !takesGzip(x.r.Header) {
		return d.plain
	}
	header.Set("Content-Encoding", "gzip")
	return d.zipped
}

// json sends a document.
func (x *exchange) json(d *document) error {
	if d.zipped == nil && takesGzip(x.r.Header) {
		x.h.zip(d)
	}
	body := x.choose(d)
	x.send(http.StatusOK, "application/json", body)
	return nil
}

// attach says under which name a client keeps the body.
func (x *exchange) attach(name string) {
	x.w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
}

// takesGzip tells if a client reads what is compressed.
func takesGzip(header http.Header) bool {
	for _, line := range header["Accept-Encoding"] {
		for part := range strings.SplitSeq(line, ",") {
			coding, params, _ := strings.Cut(part, ";")
			if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
				continue
			}
			key, value, ok := strings.Cut(strings.TrimSpace(params), "=")
			if !ok || !strings.EqualFold(strings.TrimSpace(key), "q") {
				return true
			}
			q, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			return err == nil && q > 0
		}
	}
	return false
}
