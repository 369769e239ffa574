package main

import (
	"encoding/json"
	"io"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// document is what -json prints.
type document struct {
	Cause      string                 `json:"cause"`
	Doc        string                 `json:"doc"`
	Expected   expectation            `json:"expected"`
	Comparison *tracewatch.Comparison `json:"comparison"`
}

// expectation is what was done to version 2, and so what should be found.
type expectation struct {
	Dimension detectors.Dimension             `json:"dimension"`
	Function  string                          `json:"function"` // in this package
	Shares    map[detectors.Dimension]float64 `json:"shares"`
}

func (r *result) json(w io.Writer) error {
	c := r.cause
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(document{c.name, c.doc, expectation{c.dimension, c.site, c.expected()}, r.comparison})
}
