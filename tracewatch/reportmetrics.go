package tracewatch

import (
	"cmp"
	"errors"
	"sync/atomic"

	"go.opentelemetry.io/otel/metric"
)

// Metrics registers with a meter provider the instruments that a watcher has, with the numbers that it would
// have shown at the end of the trace: the same names, units and attributes, so that what was made for a
// running service can be used on a file. They are of all of the trace, whatever [Between] asked for. They stay
// until release is called. A report that [Analyze] did not make has only zeros.
func (r *Report) Metrics(mp metric.MeterProvider) (release func() error, err error) {
	if mp == nil {
		return nil, errors.New("tracewatch: Report.Metrics: the meter provider is nil")
	}
	var at atomic.Pointer[snapshot]
	at.Store(cmp.Or(r.snapshot, new(snapshot)))
	m, err := register(mp, &at)
	if err != nil {
		return nil, err
	}
	return m.registration.Unregister, nil
}
