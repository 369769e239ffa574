package explain

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/detectors/detectortest"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/timeline"
)

// requests returns what the requests of a text come to.
func requests(t *testing.T, text string, counts func(begin, end detectors.Time) bool) ([]detectors.Request, *Requests) {
	t.Helper()
	trace, err := detectortest.Read("text", []byte(text))
	require.NoError(t, err)
	code := detectors.NewCode()
	tl := timeline.New(code, nil)
	r := NewRequests(code, tl)
	r.Counts = counts
	feed(t, trace, tl, r)
	all := r.All()
	for i := range all {
		checkRequest(t, &all[i])
		require.True(t, i == 0 || all[i].Total <= all[i-1].Total, "what took most time comes first")
	}
	return all, r
}

// checkRequest holds what is true of the requests of any name.
func checkRequest(t *testing.T, r *detectors.Request) {
	t.Helper()
	require.Positive(t, r.Count)
	require.Equal(t, r.Total, r.Parts.Sum())
	require.LessOrEqual(t, r.Longest, r.Total)
	require.Equal(t, r.Count, r.GC.Met+r.GC.Spared)
	for _, q := range []*detectors.Quantile{&r.P50, &r.P99, &r.GC.P50.Met, &r.GC.P50.Spared, &r.GC.P99.Met, &r.GC.P99.Spared} {
		require.LessOrEqual(t, q.Value, r.Longest)
		checkQuantile(t, q)
	}
	require.LessOrEqual(t, r.P50.Value, r.P99.Value)
	require.LessOrEqual(t, r.Queued.Count, r.Count)
	checkQuantile(t, &r.Queued.P50)
	checkQuantile(t, &r.Queued.P99)
	var met uint64
	for i, l := range r.GC.Loads {
		met += l.Count
		require.Positive(t, l.Count)
		require.LessOrEqual(t, l.From, l.To)
		require.True(t, i == 0 || r.GC.Loads[i-1].To < l.From)
		require.LessOrEqual(t, l.P50, l.P99)
	}
	require.Equal(t, r.GC.Met, met)
	require.Len(t, r.Slowest, int(min(r.Count, exemplars)))
	require.Equal(t, r.Longest, r.Slowest[0].End.Sub(r.Slowest[0].Begin))
	for i := range r.Slowest {
		s := &r.Slowest[i]
		long := s.End.Sub(s.Begin)
		require.True(t, i == 0 || long <= r.Slowest[i-1].End.Sub(r.Slowest[i-1].Begin), "the slowest comes first")
		require.Equal(t, long, s.Parts.Sum())
		require.Equal(t, long, checkLinks(t, s.Chain))
		require.LessOrEqual(t, len(s.Line), limits.Pieces)
		at := s.Begin
		for _, p := range s.Line {
			require.Equal(t, at, p.Begin, "the line has no gap")
			require.Less(t, p.Begin, p.End)
			at = p.End
		}
		require.Equal(t, s.End, at)
	}
}

// checkQuantile holds that the parts of a quantile are together just that, and its places no more than those.
func checkQuantile(t *testing.T, q *detectors.Quantile) {
	t.Helper()
	require.GreaterOrEqual(t, q.Value, time.Duration(0))
	require.Equal(t, q.Value, q.Parts.Sum())
	require.LessOrEqual(t, len(q.Sites), limits.QuantileSites)
	var sites detectors.Parts
	for i, s := range q.Sites {
		require.Positive(t, s.Part)
		require.True(t, i == 0 || s.Part <= q.Sites[i-1].Part)
		sites[s.Dimension] += s.Part
	}
	for d := range sites {
		require.GreaterOrEqual(t, q.Parts[d], time.Duration(0))
		require.LessOrEqual(t, sites[d], q.Parts[d])
	}
}

// parts makes parts of what is not 0.
func parts(of map[detectors.Dimension]time.Duration) (p detectors.Parts) {
	for d, x := range of {
		p[d] = x
	}
	return p
}

// requireParts is for parts that were scaled, which rounds each.
func requireParts(t *testing.T, of map[detectors.Dimension]time.Duration, got detectors.Parts) {
	t.Helper()
	want := parts(of)
	for d := range want {
		require.InDelta(t, want[d], got[d], float64(len(want)), "%v: %v", detectors.Dimension(d), got)
	}
}

// TestRequestsQuantiles has a hundred requests of 1 to 100 ms, each of which runs for two tenths of its time,
// at two places, waits for the network for seven, and for a P for one.
func TestRequestsQuantiles(t *testing.T) {
	all, r := requests(t, `
procs 1
windows 11
goroutine g begins main.serve parks "network" at tcpread < main.serve
every 105ms from 100ms, 100 times as i
	let d = (i*37%100 + 1)*100us
	at -2us g woken, +1us on P0, +1us task r[i] begins "GET /"
	at d g blocks "network" at tcpread < main.fetch
	at d*8 g woken
	at d*9 g on P0
	at d*10 g task r[i] ends at main.end, +1us blocks "network" at tcpread < main.serve
`, nil)
	require.Len(t, all, 1)
	require.Zero(t, r.Dropped)
	x := all[0]
	require.Equal(t, "GET /", x.Name)
	require.False(t, x.Region)
	require.EqualValues(t, 100, x.Count)
	require.Equal(t, 5050*time.Millisecond, x.Total)
	require.Equal(t, 100*time.Millisecond, x.Longest)
	require.Equal(t, parts(map[detectors.Dimension]time.Duration{
		detectors.DimRunning: 1010 * time.Millisecond, detectors.DimNetwork: 3535 * time.Millisecond, detectors.DimNetworkQueue: 505 * time.Millisecond,
	}), x.Parts)

	// The 50th of a hundred; there is no other in its cell, which is a millisecond wide.
	require.Equal(t, 50*time.Millisecond, x.P50.Value)
	requireParts(t, map[detectors.Dimension]time.Duration{
		detectors.DimRunning: 10 * time.Millisecond, detectors.DimNetwork: 35 * time.Millisecond, detectors.DimNetworkQueue: 5 * time.Millisecond,
	}, x.P50.Parts)
	// The 99th shares its cell, two milliseconds wide, with the 100th.
	require.Equal(t, 99500*time.Microsecond, x.P99.Value)
	requireParts(t, map[detectors.Dimension]time.Duration{
		detectors.DimRunning: 19900 * time.Microsecond, detectors.DimNetwork: 69650 * time.Microsecond, detectors.DimNetworkQueue: 9950 * time.Microsecond,
	}, x.P99.Parts)
	var sites []string
	for _, s := range x.P50.Sites {
		sites = append(sites, fmt.Sprintf("%v %s %v", s.Dimension, s.Site.Func, s.Part.Round(time.Microsecond)))
	}
	require.ElementsMatch(t, []string{"network main.fetch 35ms", "running main.fetch 5ms", "running main.end 5ms", "network_queue main.fetch 5ms"}, sites)

	require.EqualValues(t, 100, x.GC.Spared)
	require.Empty(t, x.GC.Loads)
	require.Zero(t, x.GC.P50.Met)
	require.Equal(t, x.P50, x.GC.P50.Spared)
	require.Zero(t, x.GC.P50.Factor())

	// The slowest is the one of i*37%100 = 99, then 98 and 97.
	for i, tenth := range []time.Duration{10 * time.Millisecond, 9900 * time.Microsecond, 9800 * time.Microsecond} {
		s := x.Slowest[i]
		require.EqualValues(t, 2, s.Goroutine)
		require.Equal(t, 10*tenth, s.End.Sub(s.Begin))
		require.Equal(t, parts(map[detectors.Dimension]time.Duration{
			detectors.DimRunning: 2 * tenth, detectors.DimNetwork: 7 * tenth, detectors.DimNetworkQueue: tenth,
		}), s.Parts)
		require.Equal(t, []detectors.Dimension{detectors.DimRunning, detectors.DimNetwork, detectors.DimNetworkQueue, detectors.DimRunning}, dimensions(s.Line))
		require.Equal(t, detectors.DimNetwork, s.Chain[0].Dimension)
		require.Equal(t, 7*tenth, s.Chain[0].Total)
	}
}

func dimensions(line []detectors.Piece) (all []detectors.Dimension) {
	for _, p := range line {
		all = append(all, p.Dimension)
	}
	return all
}

// TestRequestsGC has ten requests of 10 ms that meet no mark phase, and ten of 30 ms that do: each helps the GC for
// 10 ms and is preempted for 5. When the first five of those phases begin one request is in flight, when the
// others do there are three.
func TestRequestsGC(t *testing.T) {
	all, _ := requests(t, `
procs 2
goroutine g begins main.serve parks "network" at tcpread < main.serve
goroutine h begins main.other parks "network" at tcpread < main.other
goroutine gc begins runtime.gcBgMarkWorker parks "GC background sweeper wait" at runtime.gcBgMarkWorker
at 1ms gc woken, +1us on P1
every 20ms from 10ms, 10 times as i
	at -2us g woken, +1us on P0, +1us task a[i] begins "GET /", +10ms task a[i] ends, +1us blocks "network" at tcpread < main.serve
every 50ms from 300ms, 5 times as i
	at -2us g woken, +1us on P0, +1us task b[i] begins "GET /"
	at 1ms gc gc begins, +19ms gc ends
	at 5ms g assist begins at assist < main.build, +10ms assist ends, +1us preempted at main.build
	at 20001us g on P0
	at 30ms g task b[i] ends, +1us blocks "network" at tcpread < main.serve
at 600ms h woken, +1us on P0, +1us task x begins "other", +1us task y begins "other", +1us task z begins "part of other" in y, +1us blocks "network"
every 50ms from 620ms, 5 times as i
	at -2us g woken, +1us on P0, +1us task c[i] begins "GET /"
	at 1ms gc gc begins, +19ms gc ends
	at 5ms g assist begins at assist < main.build, +10ms assist ends, +1us preempted at main.build
	at 20001us g on P0
	at 30ms g task c[i] ends, +1us blocks "network" at tcpread < main.serve
at 900ms h woken, +1us on P0, +1us task z ends, +1us task x ends, +1us task y ends, +1us blocks "network"
`, nil)
	require.Len(t, all, 3)
	get := all[slices.IndexFunc(all, func(r detectors.Request) bool { return r.Name == "GET /" })]
	require.EqualValues(t, 20, get.Count)
	gc := get.GC
	require.EqualValues(t, 10, gc.Met)
	require.EqualValues(t, 10, gc.Spared)
	for _, e := range []detectors.GCEffect{gc.P50, gc.P99} {
		require.Equal(t, 30*time.Millisecond, e.Met.Value)
		require.Equal(t, 10*time.Millisecond, e.Spared.Value)
		require.InDelta(t, 3, e.Factor(), 1e-9)
		requireParts(t, map[detectors.Dimension]time.Duration{detectors.DimRunning: 10 * time.Millisecond}, e.Spared.Parts)
		requireParts(t, map[detectors.Dimension]time.Duration{
			detectors.DimRunning: 15 * time.Millisecond, detectors.DimAssist: 10 * time.Millisecond, detectors.DimPreempted: 5 * time.Millisecond,
		}, e.Met.Parts)
		require.InDelta(t, 10*time.Millisecond, e.Own(), 10)
		require.InDelta(t, 5*time.Millisecond, e.Queueing(), 10)
	}
	require.Len(t, gc.Loads, 2)
	for i, between := range [][2]int{{1, 1}, {2, 3}} { // a task within another is no request of its own
		l := gc.Loads[i]
		require.Equal(t, between, [2]int{l.From, l.To})
		require.EqualValues(t, 5, l.Count)
		require.Equal(t, 30*time.Millisecond, l.P50)
		require.Equal(t, 30*time.Millisecond, l.P99)
		require.Equal(t, parts(map[detectors.Dimension]time.Duration{
			detectors.DimRunning: 75 * time.Millisecond, detectors.DimAssist: 50 * time.Millisecond, detectors.DimPreempted: 25 * time.Millisecond,
		}), l.Parts)
	}
}

// TestRequestsMarkingBefore: a mark phase that was going on when the trace began is met by what begins before its
// end, and one that has not ended by what ends after its beginning; one that ends when a request begins is not.
func TestRequestsMarkingBefore(t *testing.T) {
	all, _ := requests(t, `
procs 2
gc was marking
goroutine g begins main.serve parks "network" at tcpread < main.serve
goroutine gc begins runtime.gcBgMarkWorker parks "GC background sweeper wait" at runtime.gcBgMarkWorker
at 1ms gc woken, +1us on P1
at 2ms g woken, +1us on P0
at 10ms g region begins "meets the first", +20ms region ends
at 25ms gc gc ends
at 40ms g region begins "meets none", +10ms region ends
at 60ms g region begins "meets the last", +10ms region ends
at 65ms gc gc begins
at 80ms g region begins "within", +10ms region ends
`, nil)
	met := make(map[string]uint64)
	for _, r := range all {
		require.EqualValues(t, 1, r.Count)
		require.True(t, r.Region)
		met[r.Name] = r.GC.Met
	}
	require.Equal(t, map[string]uint64{"meets the first": 1, "meets none": 0, "meets the last": 1, "within": 1}, met)
}

// TestRequestsNames has two names more than there may be. The last of them come once more: they are not
// kept, those before are.
func TestRequestsNames(t *testing.T) {
	var text strings.Builder
	text.WriteString("procs 1\ngoroutine g begins main.serve parks \"network\" at tcpread < main.serve\nat 1ms g woken, +1us on P0\n")
	for i := range limits.RequestNames + 2 {
		fmt.Fprintf(&text, "at %dus g region begins \"name %d\", +3us region ends\n", 2000+10*i, i)
	}
	text.WriteString("at 10ms g region begins \"name 0\", +3us region ends\n")
	fmt.Fprintf(&text, "at 11ms g region begins \"name %d\", +3us region ends\n", limits.RequestNames+1)
	all, r := requests(t, text.String(), nil)
	require.Len(t, all, limits.RequestNames)
	require.EqualValues(t, 3, r.Dropped)
	require.Equal(t, "name 0", all[0].Name)
	require.EqualValues(t, 2, all[0].Count)
	for _, x := range all[1:] {
		require.EqualValues(t, 1, x.Count)
		require.NotContains(t, []string{fmt.Sprintf("name %d", limits.RequestNames), fmt.Sprintf("name %d", limits.RequestNames+1)}, x.Name)
	}
}

// TestRequestsBudget: where there would be more parts than there may be, requests are counted and no more.
func TestRequestsBudget(t *testing.T) {
	trace, err := detectortest.Read("text", []byte(`
procs 1
goroutine g begins main.serve parks "network" at tcpread < main.serve
at 1ms g woken, +1us on P0
every 1ms from 2ms, 10 times
	at 0s g region begins "r", +10us yields, +10us on P0, +10us region ends
`))
	require.NoError(t, err)
	code := detectors.NewCode()
	tl := timeline.New(code, nil)
	r := NewRequests(code, tl)
	r.budget = 8 // each takes three, the last one may pass it
	r.each = func(*timeline.Span, *Division) { require.GreaterOrEqual(t, r.budget, -3) }
	// Those that end with a generation are divided with what its events add.
	for i := range 10 {
		s := timeline.Span{Name: "r", Region: true, Begin: base, End: base.Add(time.Duration(i + 1))}
		r.divide(&s)
		r.budget -= 2
	}
	require.EqualValues(t, 7, r.Dropped)
	r.budget = limits.RequestParts
	feed(t, trace, tl, r)
	require.EqualValues(t, 7, r.Dropped)
	require.EqualValues(t, 13, r.All()[0].Count)
}

// TestRequestsCounts: only those that end in some time are kept.
func TestRequestsCounts(t *testing.T) {
	const text = `
procs 1
windows 3
goroutine g begins main.serve parks "network" at tcpread < main.serve
at 1ms g woken, +1us on P0
every 100ms from 50ms, 29 times
	at 0s g region begins "r", +20ms region ends
`
	begun := make(map[detectors.Time]bool)
	all, r := requests(t, text, func(begin, end detectors.Time) bool {
		begun[begin] = true
		since := end.Sub(base)
		return since >= 570*time.Millisecond && since < 1570*time.Millisecond // the 6th is the first, the 16th is not
	})
	require.Len(t, all, 1)
	require.EqualValues(t, 10, all[0].Count)
	require.Zero(t, r.Dropped)
	require.Equal(t, base.Add(550*time.Millisecond), all[0].Slowest[0].Begin)
	require.Len(t, begun, 1, "the trace begins once")
	for at := range begun {
		require.InDelta(t, 0, at.Sub(base), 10)
	}
	none, _ := requests(t, text, func(_, _ detectors.Time) bool { return false })
	require.Empty(t, none)
}

// TestRequestsLine has requests of 511, 512 and 513 parts: the last one's line has a piece for the last two.
func TestRequestsLine(t *testing.T) {
	for _, x := range []struct {
		yields  int
		assists bool
	}{{255, false}, {255, true}, {256, false}, {300, true}} {
		assist := ""
		n := 2*x.yields + 1
		if x.assists {
			assist = "assist begins at assist < main.build, +1us "
			n++
		}
		all, _ := requests(t, fmt.Sprintf(`
procs 1
goroutine g begins main.serve parks "network" at tcpread < main.serve
at 1ms g woken, +1us on P0, +1us region begins "r"
every 10us from 2ms, %d times
	at 0s g yields at main.spin, +5us on P0
at 10ms g %sregion ends
`, x.yields, assist), nil)
		s := all[0].Slowest[0]
		require.Len(t, s.Line, min(n, limits.Pieces))
		last := s.Line[len(s.Line)-1]
		if n <= limits.Pieces {
			require.NotContains(t, dimensions(s.Line), detectors.DimUnknown, "%d parts", n)
			require.EqualValues(t, 2, last.Goroutine)
		} else {
			require.Equal(t, detectors.DimUnknown, last.Dimension)
			require.NotContains(t, dimensions(s.Line[:len(s.Line)-1]), detectors.DimUnknown)
			require.Equal(t, s.Line[len(s.Line)-2].End, last.Begin)
		}
	}
}

// TestRequestsHandedOver: what a slow request did is told through the mutexes that it waited for, whoever had it
// then. The wait for a mutex is no hand-over.
func TestRequestsHandedOver(t *testing.T) {
	all, _ := requests(t, `
procs 2
goroutine reader begins main.read parks "network" at tcpread < main.read
goroutine worker begins main.work parks "chan receive" at chanrecv < main.work
goroutine h begins main.hold parks "chan receive" at chanrecv < main.hold
at 1ms reader woken, +1us on P0, +1ms task r begins "GET /" at main.read
at 5ms reader wakes worker at chansend < main.read, +1us blocks "network" at tcpread < main.read
at 6ms worker on P0
at 3ms h woken, +1us on P1
at 8ms worker blocks "sync" at mutexlock < main.put
at 18ms h wakes worker at mutexunlock < main.hold
at 19ms worker on P0, +1ms task r ends at main.end
`, nil)
	s := all[0].Slowest[0]
	require.EqualValues(t, 2, s.Goroutine, "the reader began it")
	var chain strings.Builder
	describe(&chain, s.Chain, "")
	require.Equal(t, `
lock 10ms main.put [3]
  running 10ms main.hold [4]
running 2.999ms main.read [2]
running 2ms main.put [3]
running 1ms main.end [3]
runnable 1ms main.put [3]
runnable 1ms main.work [3]
`, "\n"+chain.String())
}

func describe(out *strings.Builder, links []*detectors.Link, indent string) {
	for _, l := range links {
		fmt.Fprintf(out, "%s%v %v %s %v\n", indent, l.Dimension, l.Total, l.Site.Short(), l.Goroutines)
		describe(out, l.Behind, indent+"  ")
	}
}
