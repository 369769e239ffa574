package tracewatch

import (
	"errors"
	"io"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/timeline"
	"github.com/gotracewatch/tracewatch/internal/tracev1"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// readOld reads a trace of the first format, window by window.
func (a *analysis) readOld(v wire.Version, r io.Reader) error {
	data, err := a.readWhole(r)
	if err != nil {
		return err
	}
	a.bytes = uint64(len(data)) - wire.HeaderSize
	trace, err := tracev1.NewReader(data)
	if err != nil {
		a.lose()
		return err
	}
	a.history.keep(wire.Raw{Version: v, Number: 1, Offset: wire.HeaderSize, Data: data[wire.HeaderSize:]})
	if first := trace.Event(); first != nil {
		a.interval.begins(detectors.Time(first.Time))
	}
	a.listen(a.exact.beside(a.code))
	for old := timeline.NewOld(a.tl, trace); old.More(); {
		if err := a.ctx.Err(); err != nil {
			return err
		}
		w, err := old.Feed()
		a.exact.took(&w, err)
		anomalies, err := a.take(&w, err)
		if err != nil {
			return err
		}
		a.tell(anomalies)
	}
	return trace.Cut()
}

// readWhole reads all there is, if that is not too much.
func (a *analysis) readWhole(r io.Reader) ([]byte, error) {
	var data []byte
	buf := make([]byte, readSize)
	for {
		if err := a.ctx.Err(); err != nil {
			return nil, err
		}
		n, err := r.Read(buf)
		data = append(data, buf[:n]...)
		if len(data) > limits.OldTraceBytes {
			return nil, tracev1.TooLong()
		}
		if errors.Is(err, io.EOF) {
			return data, nil
		}
		if err != nil {
			return nil, err
		}
	}
}
