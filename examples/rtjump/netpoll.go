package main

import (
	"net/http"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
)

// each is how long the backend takes for a recommendation.
const each = 22500 * time.Microsecond

func netpollCause() cause {
	return cause{
		name:      "netpoll",
		doc:       "Version 2 asks the backend for twenty recommendations where version 1 asked for two, and that takes it 450 ms instead of 45 ms.",
		dimension: detectors.DimNetwork,
		site:      "(*backend).ask",
		load:      mostlySmall(40),
		build: func(v version, b *backend) *program {
			s := &shop{backend: b, recommendations: 2}
			if v == v2 {
				s.recommendations = 20
			}
			return &program{handle: s.quote}
		},
	}
}

// shop adds recommendations to a big quote.
type shop struct {
	backend         *backend
	recommendations int
}

func (s *shop) quote(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("size") != "big" {
		return
	}
	if err := s.backend.ask(r.Context(), time.Duration(s.recommendations)*each); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
	}
}
