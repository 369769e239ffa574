package main

import (
	"encoding/json"
	"io"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// document is what -json prints.
type document struct {
	File      string                `json:"file"`
	Error     string                `json:"error,omitempty"` // why this is not all of it
	Anomalies []*tracewatch.Anomaly `json:"anomalies"`
	Requests  []detectors.Request   `json:"requests"`
	Undivided uint64                `json:"undivided_requests"`
	Uses      []tracewatch.ProcUse  `json:"uses"`
	Totals    tracewatch.Totals     `json:"totals"`
	Stats     tracewatch.Stats      `json:"stats"`
}

func printJSON(w io.Writer, file string, r *tracewatch.Report, err error) error {
	d := document{
		File: file, Anomalies: r.Anomalies, Requests: r.Requests, Undivided: r.Undivided, Uses: r.Uses,
		Totals: r.Totals, Stats: r.Stats,
	}
	// None is not null.
	if d.Anomalies == nil {
		d.Anomalies = []*tracewatch.Anomaly{}
	}
	if d.Requests == nil {
		d.Requests = []detectors.Request{}
	}
	if d.Uses == nil {
		d.Uses = []tracewatch.ProcUse{}
	}
	if err != nil {
		d.Error = err.Error()
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(d)
}
