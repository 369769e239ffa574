package main

import (
	"encoding/json"
	"io"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// document is what -json prints of one file.
type document struct {
	File  string `json:"file"`
	Error string `json:"error,omitempty"` // why this is not all of it
	*tracewatch.Report
}

// documents is what it prints of two.
type documents struct {
	Before     document               `json:"before"`
	After      document               `json:"after"`
	Comparison *tracewatch.Comparison `json:"comparison"`
}

func printJSON(w io.Writer, f *findings) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	if f.comparison != nil {
		return e.Encode(documents{f.readings[0].document(), f.readings[1].document(), f.comparison})
	}
	return e.Encode(f.readings[0].document())
}

func (r *reading) document() document {
	report := *r.report
	// None is not null.
	if report.Anomalies == nil {
		report.Anomalies = []*tracewatch.Anomaly{}
	}
	if report.Requests == nil {
		report.Requests = []detectors.Request{}
	}
	if report.Uses == nil {
		report.Uses = []tracewatch.ProcUse{}
	}
	d := document{File: r.file, Report: &report}
	if r.err != nil {
		d.Error = r.err.Error()
	}
	return d
}
