package main

import (
	"context"
	"net/http"
	"strings"

	"github.com/gotracewatch/tracewatch/detectors"
)

// A version of a service: the one before the upgrade, and the one after it.
type version int

const (
	v1 version = iota + 1
	v2
)

// A cause is a small service of which the second version is slower than the first for one reason.
type cause struct {
	name string
	doc  string // what the second version does

	// dimension and site are what should be found, shares what should be found of the jump in all:
	// everything in that dimension, if it is nil.
	dimension detectors.Dimension
	site      string // a function of this package
	shares    map[detectors.Dimension]float64

	load []lane // the same for both versions

	// build makes one version. What it asks over the network is behind the backend.
	build func(v version, b *backend) *program
}

// A program is one version of a service, before it is served.
type program struct {
	handle http.HandlerFunc // of GET /quote
	beside []func(context.Context)
	free   func() // called at the end, when nothing runs any more; may be nil
}

// causes returns all of them.
func causes() []cause {
	return []cause{lockCause(), netpollCause(), gcassistCause(), schedCause(), preemptCause(), mixedCause()}
}

func names() string {
	var all []string
	for _, c := range causes() {
		all = append(all, c.name)
	}
	return strings.Join(all, "|")
}

// expected returns what share of the jump should be found in each dimension.
func (c *cause) expected() map[detectors.Dimension]float64 {
	if c.shares == nil {
		return map[detectors.Dimension]float64{c.dimension: 1}
	}
	return c.shares
}

// function returns a site's function without its package: this one is called main in a program, and
// by its path in a test.
func function(s detectors.Site) string {
	_, name, _ := strings.Cut(s.Short(), ".")
	return name
}
