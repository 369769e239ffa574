package main

import (
	"context"
	"io"

	"github.com/gotracewatch/tracewatch/tracewatch/tracewatchhttp"
)

// writeHTML writes the debug page of a trace, in one file.
func writeHTML(_ context.Context, w io.Writer, r *reading) error {
	return tracewatchhttp.WritePage(w, r.title(), r.document().Report)
}
