package profiles

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/timeline"
	"github.com/gotracewatch/tracewatch/internal/tracev1"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// read reads a trace of either format for whoever observes, and calls each at the end of each window.
func read(data []byte, code *detectors.Code, observers []timeline.Observer, each func(*detectors.Window)) error {
	tl := timeline.New(code, observers)
	tl.OnPanic = func(_ int, v any, stack []byte) { panic(fmt.Sprintf("%v\n%s", v, stack)) }
	if v, err := wire.ParseHeader(data); err != nil || v.Old() {
		r, err := tracev1.NewReader(data)
		if err != nil {
			return err
		}
		for o := timeline.NewOld(tl, r); o.More(); {
			w, err := o.Feed()
			if err != nil {
				return err
			}
			each(&w)
		}
		return nil
	}
	var failed error
	split := wire.Splitter{Emit: func(raw wire.Raw) {
		g, err := wire.Parse(raw)
		if err == nil {
			var w detectors.Window
			if w, err = tl.Feed(g); err == nil {
				each(&w)
			}
		}
		if failed == nil {
			failed = err
		}
	}}
	if _, err := split.Write(data); err != nil {
		return err
	}
	if err := split.Close(); err != nil {
		return err
	}
	return failed
}

// collect makes profiles of a trace. It may be told what to do with the collector before.
func collect(tb testing.TB, data []byte, prepare func(*Collector), kinds ...Kind) *Collector {
	tb.Helper()
	code := detectors.NewCode()
	c, err := New(code, kinds...)
	require.NoError(tb, err)
	if prepare != nil {
		prepare(c)
	}
	require.NoError(tb, read(data, code, []timeline.Observer{c.Observer()}, c.Window))
	return c
}

// written returns a profile as it is when it was written and read.
func written(tb testing.TB, p *profile.Profile) *profile.Profile {
	tb.Helper()
	require.NoError(tb, p.CheckValid())
	var b bytes.Buffer
	require.NoError(tb, p.Write(&b))
	q, err := profile.Parse(&b)
	require.NoError(tb, err)
	return q
}

// total returns the sums over all samples.
func total(profiles ...*profile.Profile) (s sum) {
	for _, p := range profiles {
		for _, x := range p.Sample {
			s.count += x.Value[0]
			s.time += nanoseconds(x)
		}
	}
	return s
}
