package tracegen

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/exp/trace"

	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

func TestRoles(t *testing.T) {
	for i := range 256 {
		typ := wire.EventType(i)
		spec, known := wire.SpecOf(typ)
		if !known || typ >= wire.EvSpan || spec.Args == 0 {
			continue
		}
		if got := roles[typ]; len(got) != int(spec.Args) || got[0] != byte(aTime) {
			t.Errorf("%s has %d arguments, and the roles %q", spec.Name, spec.Args, got)
		}
	}
}

func TestTakenApartAndPutTogether(t *testing.T) {
	for _, v := range versions {
		in := Random(1, Shape{Version: v, Threads: 4, Events: 50_000, AllocFree: true})
		out := bytes.Clone(in[:wire.HeaderSize])
		for _, p := range pieces(in) {
			c := takeApart(in, p)
			if p.kind == wire.EvEventBatch && len(c.rest) > 0 {
				t.Fatalf("%d bytes of a batch were not understood", len(c.rest))
			}
			out = c.append(out)
		}
		if !bytes.Equal(in, out) {
			t.Errorf("go 1.%d: put together it is another trace", v)
		}
	}
}

// TestTakeApartTakesAnything: what is no event stays as it is.
func TestTakeApartTakesAnything(t *testing.T) {
	in := Random(1, Shape{Events: 300})
	for seed := range uint64(400) {
		bad := Corrupt(seed, in)
		for _, p := range pieces(bad) {
			takeApart(bad, p).append(nil)
		}
	}
}

func someTraces(t *testing.T) map[string][]byte {
	t.Helper()
	traces := make(map[string][]byte)
	for _, v := range versions {
		for _, s := range []Shape{
			{Version: v, Events: 8_000, Generations: 4, Skew: 2000},
			{Version: v, Threads: 2, Procs: 1, Events: 20_000, Generations: 1},
		} {
			traces[s.String()] = Random(1, s)
		}
	}
	for _, tr := range recorded.All() {
		if tr.Name == "network" || tr.Name == "annotations" {
			data, err := tr.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			traces[tr.String()] = data
		}
	}
	return traces
}

// TestRelabel: to the reference, a relabelled trace is the same with other names.
func TestRelabel(t *testing.T) {
	for name, data := range someTraces(t) {
		t.Run(name, func(t *testing.T) {
			names := Scrambled(uint64(len(data)))
			other, err := Relabel(data, names)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Equal(other, data) {
				t.Fatal("nothing is renamed")
			}
			want, got := checkReference(t, data), checkReference(t, other)
			if len(got) != len(want) {
				t.Fatalf("%d events, want %d", len(got), len(want))
			}
			for i := range want {
				if g, w := label(got[i], Names{}), label(want[i], names); g != w {
					t.Fatalf("event %d:\ngot  %s\nwant %s", i, g, w)
				}
			}
			back, err := Relabel(other, names)
			if err != nil {
				t.Fatal(err)
			}
			for i, e := range checkReference(t, back) {
				if g, w := label(e, Names{}), label(want[i], Names{}); g != w {
					t.Fatalf("relabelled twice, event %d:\ngot  %s\nwant %s", i, g, w)
				}
			}
		})
	}
}

// label puts an event in a line, under other names.
func label(e trace.Event, n Names) string {
	var b strings.Builder
	id := func(r role, id int64) {
		if id <= 0 && r != aProc && r != aThread || id < 0 {
			fmt.Fprintf(&b, " %c-", r)
			return
		}
		fmt.Fprintf(&b, " %c%d", r, n.of(r, uint64(id)))
	}
	stack := func(s trace.Stack) {
		for f := range s.Frames() {
			fmt.Fprintf(&b, " %s:%d", f.Func, f.Line)
		}
	}
	fmt.Fprint(&b, int64(e.Time()), e.Kind())
	id(aThread, int64(e.Thread()))
	id(aProc, int64(e.Proc()))
	id(aGoroutine, int64(e.Goroutine()))
	stack(e.Stack())
	switch e.Kind() {
	case trace.EventStateTransition:
		tr := e.StateTransition()
		if tr.Resource.Kind == trace.ResourceProc {
			from, to := tr.Proc()
			fmt.Fprint(&b, from, to)
			id(aProc, int64(tr.Resource.Proc()))
			break
		}
		from, to := tr.Goroutine()
		fmt.Fprint(&b, from, to, tr.Reason)
		id(aGoroutine, int64(tr.Resource.Goroutine()))
		stack(tr.Stack)
	case trace.EventRangeBegin, trace.EventRangeActive, trace.EventRangeEnd:
		scope := e.Range().Scope
		fmt.Fprint(&b, e.Range().Name)
		switch scope.Kind {
		case trace.ResourceProc:
			id(aProc, int64(scope.Proc()))
		case trace.ResourceGoroutine:
			id(aGoroutine, int64(scope.Goroutine()))
		}
	case trace.EventTaskBegin, trace.EventTaskEnd:
		fmt.Fprint(&b, e.Task().Type)
		id(aTask, int64(e.Task().ID))
		id(aTask, int64(e.Task().Parent))
	case trace.EventRegionBegin, trace.EventRegionEnd:
		fmt.Fprint(&b, e.Region().Type)
		id(aTask, int64(e.Region().Task))
	case trace.EventLog:
		fmt.Fprint(&b, e.Log().Category, e.Log().Message)
		id(aTask, int64(e.Log().Task))
	case trace.EventLabel:
		fmt.Fprint(&b, e.Label().Label)
	case trace.EventMetric:
		fmt.Fprint(&b, e.Metric().Name, e.Metric().Value.Uint64())
	}
	return b.String()
}

// TestScrambledIsInjective, and its names stay near the ids and are real ids.
func TestScrambledIsInjective(t *testing.T) {
	for seed := range uint64(20) {
		n := Scrambled(seed)
		for what, rename := range map[role]func(uint64) uint64{
			aGoroutine: n.Goroutine, aProc: n.Proc, aThread: n.Thread, aTask: n.Task, aStack: n.Stack, aString: n.String,
		} {
			var got []uint64
			for id := range uint64(640) {
				if id == 0 && what != aProc && what != aThread {
					continue
				}
				got = append(got, rename(id))
			}
			slices.Sort(got)
			if first := got[0]; first > 1 || slices.Max(got) > 640 || len(slices.Compact(got)) < 639 {
				t.Fatalf("ids of %c become %v", what, got)
			}
		}
	}
}

func TestRelabelRefusesBroken(t *testing.T) {
	data := Random(1, Shape{Events: 1})
	for _, bad := range [][]byte{nil, data[:10], data[:len(data)-20], append(bytes.Clone(data), 77)} {
		if _, err := Relabel(bad, Scrambled(1)); err == nil {
			t.Errorf("%d bytes that are no whole trace were relabelled", len(bad))
		}
	}
}
