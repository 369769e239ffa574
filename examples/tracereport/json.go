package main

import (
	"encoding/json"
	"io"

	"github.com/gotracewatch/tracewatch/tracewatch"
)

// document is what -json prints.
type document struct {
	File      string                `json:"file"`
	Error     string                `json:"error,omitempty"` // why this is not all of it
	Anomalies []*tracewatch.Anomaly `json:"anomalies"`
	Totals    tracewatch.Totals     `json:"totals"`
	Stats     tracewatch.Stats      `json:"stats"`
}

func printJSON(w io.Writer, file string, r *tracewatch.Report, err error) error {
	d := document{File: file, Anomalies: r.Anomalies, Totals: r.Totals, Stats: r.Stats}
	if d.Anomalies == nil {
		d.Anomalies = []*tracewatch.Anomaly{} // none is not null
	}
	if err != nil {
		d.Error = err.Error()
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(d)
}
