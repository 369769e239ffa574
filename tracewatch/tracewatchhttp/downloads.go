package tracewatchhttp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

const binary = "application/octet-stream"

// download lets one in who wants a file, and one out.
func (h *handler) download(x *exchange) (done func(), err error) {
	if err := h.downloads.enter(x.r.Context()); err != nil {
		return nil, err
	}
	if err := h.downloadRate.take(); err != nil {
		h.downloads.leave()
		return nil, err
	}
	return h.downloads.leave, nil
}

// part is what part of the past is asked for: the last seconds, or the time between from and to.
func part(q query) (asked time.Duration, cut func(recording) (recording, error), err error) {
	seconds, err := q.whole("seconds", 30, 1, limits.PageSeconds)
	if err != nil {
		return 0, nil, err
	}
	if !q.has("from") && !q.has("to") {
		asked = time.Duration(seconds) * time.Second
		return asked, func(rec recording) (recording, error) { return rec.last(asked), nil }, nil
	}
	from, to, err := q.moments()
	switch {
	case err != nil:
		return 0, nil, err
	case q.has("seconds"):
		return 0, nil, problemf(http.StatusBadRequest, "either seconds or from and to")
	}
	return time.Duration(to - from), func(rec recording) (recording, error) {
		piece, err := rec.between(detectors.Time(from), detectors.Time(to))
		if errors.Is(err, tracewatch.ErrNoTrace) {
			begin, end := rec.Span()
			return nil, problemf(http.StatusGone, "nothing of that time is in memory: what is begins at %d and ends at %d", begin, end)
		}
		return piece, err
	}, nil
}

// serveTrace sends what is in memory of the past.
func (h *handler) serveTrace(x *exchange) error {
	asked, cut, err := part(x.query)
	if err != nil {
		return err
	}
	done, err := h.download(x)
	if err != nil {
		return err
	}
	defer done()
	rec, err := h.src.recording(limits.PageAge)
	if err != nil {
		return err
	}
	if rec, err = cut(rec); err != nil {
		return err
	}
	size, err := rec.WriteTo(io.Discard)
	if err != nil {
		return err
	}
	begin, end := rec.Span()
	has := end.Sub(begin)
	x.w.Header().Set("X-Tracewatch-Seconds", fmt.Sprintf("%.3f", has.Seconds()))
	x.attach(fmt.Sprintf("%s-%s-%ds.trace", h.fileName(), stamp(), int64(math.Ceil(min(asked, has).Seconds()))))
	x.start(http.StatusOK, binary, size)
	if x.head() {
		return nil
	}
	_, err = rec.WriteTo(x)
	return err
}

// serveProfile sends a profile that is made of the past.
func (h *handler) serveProfile(x *exchange) error {
	kind := tracewatch.ProfileKind(x.query["kind"])
	if kinds := h.src.kinds(); !slices.Contains(kinds, kind) {
		var lines []string
		for _, k := range kinds {
			lines = append(lines, string(k)+" ("+k.Doc()+")")
		}
		return problemf(http.StatusBadRequest, "kind is %s; there are: %s", quote(string(kind)), strings.Join(lines, "; "))
	}
	_, cut, err := part(x.query)
	if err != nil {
		return err
	}
	done, err := h.download(x)
	if err != nil {
		return err
	}
	defer done()
	var body limited
	if !x.head() {
		if err := h.profileRate.take(); err != nil {
			return err
		}
		if err := h.profile(x.r.Context(), &body, kind, cut); err != nil {
			return err
		}
	}
	x.attach(fmt.Sprintf("%s-%s-%s.pb.gz", kind, h.fileName(), stamp()))
	if x.head() {
		x.start(http.StatusOK, binary, -1) // nobody knows how long it would be
		return nil
	}
	x.send(http.StatusOK, binary, body.Bytes())
	return nil
}

// profile makes a profile of a part of what is in memory.
func (h *handler) profile(ctx context.Context, w io.Writer, kind tracewatch.ProfileKind, cut func(recording) (recording, error)) error {
	return h.analyse(ctx, func(ctx context.Context) error {
		rec, err := h.src.recording(limits.PageAge)
		if err != nil {
			return err
		}
		if rec, err = cut(rec); err != nil {
			return err
		}
		return rec.profile(ctx, w, kind)
	})
}

// serveDump sends the trace of an anomaly.
func (h *handler) serveDump(x *exchange) error {
	return h.serveFile(x, "trace", "no dump of this anomaly was written; see tracewatch.WithDumpDir",
		func(dump, _ string) string { return dump })
}

// serveAllocs sends what was allocated before an anomaly.
func (h *handler) serveAllocs(x *exchange) error {
	return h.serveFile(x, "allocs.pb.gz", "there is no such profile of this anomaly; a gc-assist has one if its dump was written, see tracewatch.WithDumpDir",
		func(_, allocs string) string { return allocs })
}

// serveFile sends a file that the watcher wrote and named. What the client says is a number and nothing more.
func (h *handler) serveFile(x *exchange, suffix, none string, which func(dump, allocs string) string) error {
	number, err := x.query.needed("anomaly", "an anomaly's number", 1, math.MaxInt64)
	if err != nil {
		return err
	}
	dump, allocs, known := h.src.files(uint64(number))
	if !known {
		return problemf(http.StatusNotFound, "there is no anomaly %d among the latest; see anomalies.json", number)
	}
	name := which(dump, allocs)
	if name == "" {
		return problemf(http.StatusNotFound, "%s", none)
	}
	done, err := h.download(x)
	if err != nil {
		return err
	}
	defer done()
	f, size, err := open(name)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // it was only read
	x.attach(fmt.Sprintf("%s-anomaly-%d.%s", h.fileName(), number, suffix))
	x.start(http.StatusOK, binary, size)
	if x.head() {
		return nil
	}
	_, err = io.CopyN(x, f, size)
	return err
}

// open opens a regular file.
func open(name string) (*os.File, int64, error) {
	gone := problemf(http.StatusGone, "the file is not there any more: the oldest are removed, see tracewatch.WithDumpLimits")
	before, err := os.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !before.Mode().IsRegular() {
		return nil, 0, gone
	} else if err != nil {
		return nil, 0, err
	}
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, gone
	} else if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil || !os.SameFile(before, info) {
		return nil, 0, errors.Join(gone, f.Close())
	}
	return f, info.Size(), nil
}

// stamp is the time in a file's name.
func stamp() string { return time.Now().UTC().Format("20060102T150405Z") }

// fileName is the program's name as a part of a file's.
func (h *handler) fileName() string {
	name := strings.Map(func(r rune) rune {
		if isName(strings.ToLower(string(r))) {
			return r
		}
		return '_'
	}, h.program.Name)
	name = strings.TrimLeft(name[:min(len(name), limits.PageNameBytes)], ".-")
	if name == "" {
		return "program"
	}
	return name
}

// limited is a buffer that does not grow without end.
type limited struct{ bytes.Buffer }

// Write implements [io.Writer].
func (b *limited) Write(p []byte) (int, error) {
	if b.Len()+len(p) > limits.PageFileBytes {
		return 0, problemf(http.StatusInternalServerError, "it has more than %d bytes; ask for less", limits.PageFileBytes)
	}
	return b.Buffer.Write(p)
}
