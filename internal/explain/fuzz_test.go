package explain

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/oldgen"
	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/timeline"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/tracev1"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

var versions = []wire.Version{wire.Go122, wire.Go123, wire.Go125, wire.Go126}

// life is a goroutine of a trace, and when something was seen of it.
type life struct {
	id       detectors.GoID
	from, to detectors.Time
}

// lives returns the generations of a trace, and its goroutines.
func lives(t *testing.T, trace []byte) (gens []Generation, all []life) {
	t.Helper()
	at := make(map[detectors.GoID]int)
	kinds := detectors.Set(detectors.GoCreate, detectors.GoList, detectors.GoStart, detectors.GoPark, detectors.GoUnpark, detectors.GoEnd)
	gens = generations(t, trace, timeline.Observer{Observes: kinds, Observe: func(o *detectors.Observation) {
		if i, ok := at[o.G.ID]; ok {
			all[i].to = o.Time
			return
		}
		at[o.G.ID] = len(all)
		all = append(all, life{o.G.ID, o.Time, o.Time})
	}})
	return gens, all
}

// randomQuestion asks about some time of some goroutine, now and then before it was there or after that.
func randomQuestion(r *rand.Rand, all []life) Question {
	l := all[r.IntN(len(all))]
	long := max(int64(l.to-l.from), 1)
	a, b := l.from+detectors.Time(r.Int64N(long+long/8+1)), l.from-detectors.Time(long/16)+detectors.Time(r.Int64N(long))
	return Question{G: l.id, From: min(a, b), To: max(a, b)}
}

// TestAnswerRandom asks about random times of random goroutines: what is true of every answer is true of those, and
// neither names nor what was before makes a difference.
func TestAnswerRandom(t *testing.T) {
	explained, missing := 0, 0
	for seed := range uint64(8) {
		shape := tracegen.Shape{
			Version: versions[seed%4], Events: 4_000, Generations: 4, Threads: 6, Procs: 3, Goroutines: 40, Quiet: 10, Tasks: 10,
			Distinct: seed%2 == 0, Skew: int64(seed%3) * 500,
		}
		for name, trace := range map[string][]byte{
			"random":  tracegen.Random(seed, shape),
			"service": tracegen.Service(seed, shape),
		} {
			t.Run(fmt.Sprintf("%s-%d", name, seed), func(t *testing.T) {
				gens, all := lives(t, trace)
				names := tracegen.Scrambled(seed)
				names.Proc = func(p uint64) uint64 { return p } // of which there are as many as the largest one's number
				other, err := tracegen.Relabel(trace, names)
				require.NoError(t, err)
				relabelled := generations(t, other)
				r := rand.New(rand.NewPCG(seed, 1))
				for range 40 {
					q := randomQuestion(r, all)
					x := q.Answer(gens)
					checkExplanation(t, q, x, shape.Distinct)
					if x.Missing != "" {
						missing++
						continue
					}
					explained++
					as := q
					as.G = detectors.GoID(names.Goroutine(uint64(q.G)))
					require.Equal(t, anonymous(x), anonymous(as.Answer(relabelled)), "%+v", q)
				}
			})
		}
	}
	t.Logf("%d answers, and %d questions without", explained, missing)
	require.Greater(t, explained, 4*missing)
}

// anonymous writes an explanation without the numbers of goroutines.
func anonymous(x *detectors.Explanation) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%v %d %d %d %v\n%s", x.Missing, x.From, x.To, x.Alike, x.Longest, anonymousLinks(x.Chain, ""))
	if r := x.Instead; r != nil {
		fmt.Fprintf(&out, "%d %d %d %v %v", r.From, r.To, r.Procs, r.Idle, r.Other)
		for _, o := range r.Ran {
			fmt.Fprintf(&out, " %v %v %v %d", o.Class, o.Site, o.Total, o.Goroutines)
		}
	}
	if d := x.Delayed; d != nil {
		fmt.Fprintf(&out, "%d %v %v", d.Goroutines, d.Total, d.Max)
		for _, s := range d.Sites {
			fmt.Fprintf(&out, " %v %d %v %v", s.Name, s.Count, s.Total, s.Max)
		}
	}
	return out.String()
}

func anonymousLinks(all []*detectors.Link, indent string) string {
	var out strings.Builder
	for _, l := range all {
		fmt.Fprintf(&out, "%s%v %s %v %v %d %d %d %v %v\n", indent, l.Dimension, l.What, l.Site, l.Total, l.Count, l.NumGoroutines, l.NumEnders, l.Open, l.Cycle)
		out.WriteString(anonymousLinks(l.Behind, indent+"  "))
	}
	return out.String()
}

// TestAnswerWithoutThePast: what was before the generation before the question's makes no difference, but to what
// has not ended and what is not known.
func TestAnswerWithoutThePast(t *testing.T) {
	same, all := 0, 0
	for seed := range uint64(6) {
		shape := tracegen.Shape{Version: versions[seed%4], Events: 6_000, Generations: 6, Threads: 6, Procs: 3, Goroutines: 40, Distinct: true}
		trace := tracegen.Service(seed, shape)
		gens, goroutines := lives(t, trace)
		everything := slices.Clone(gens)
		for i := range everything {
			everything[i].End = 1 << 62 // so that it is all read
		}
		r := rand.New(rand.NewPCG(seed, 2))
		for range 60 {
			q := randomQuestion(r, goroutines)
			if q.From < gens[2].Start {
				continue
			}
			x, from0 := q.Answer(gens), q.Answer(everything)
			require.Equal(t, x, q.Answer(gens[1:]))
			if x.Missing != "" || vague(x.Chain) {
				continue
			}
			all++
			require.Equal(t, x.Chain, from0.Chain)
			require.Equal(t, x.Instead, from0.Instead)
			if x.Delayed != nil {
				require.Equal(t, x.Delayed.Total, from0.Delayed.Total)
			}
			if x.Sentence() == from0.Sentence() {
				same++
			}
		}
	}
	t.Logf("%d answers, %d sentences are the same", all, same)
	require.Greater(t, all, 50)
	require.Greater(t, same, all*9/10)
}

// vague reports whether something in links has not ended, or is not known.
func vague(links []*detectors.Link) bool {
	return slices.ContainsFunc(links, func(l *detectors.Link) bool {
		return l.Open || l.Dimension == detectors.DimUnknown || l.Site.Func == "" || vague(l.Behind)
	})
}

// checkWhole holds what is true of every division: the parts are together exactly what was divided, and those behind
// each wait, with the waits behind it, exactly that wait.
func checkWhole(t *testing.T, s *timeline.Span, d *Division) {
	t.Helper()
	checkDivision(t, s, d)
	sums := make([]time.Duration, len(d.Waits))
	for _, p := range d.Parts {
		if p.Wait >= 0 {
			sums[p.Wait] += p.To.Sub(p.From)
		}
	}
	for i, w := range slices.Backward(d.Waits) {
		require.Less(t, int(w.Wait), i)
		require.Equal(t, w.To.Sub(w.From), sums[i])
		if w.Wait >= 0 {
			behind := d.Waits[w.Wait]
			require.LessOrEqual(t, behind.From, w.From)
			require.LessOrEqual(t, w.To, behind.To)
			sums[w.Wait] += sums[i]
		}
	}
}

// checkedRequests returns what divides requests, and holds what is true of each.
func checkedRequests(t *testing.T) (*timeline.Timeline, *Requests) {
	code := detectors.NewCode()
	tl := timeline.New(code, nil)
	r := NewRequests(code, tl)
	var through Division
	r.each = func(s *timeline.Span, d *Division) {
		checkWhole(t, s, d)
		r.div.through = true
		r.div.span(&through, s)
		r.div.through = false
		checkWhole(t, s, &through)
		r.div.Division = d
	}
	return tl, r
}

func checkRequests(t *testing.T, r *Requests) (n uint64) {
	t.Helper()
	for _, x := range r.All() {
		if x.Longest > time.Duration(month) {
			continue
		}
		checkRequest(t, &x)
		n += x.Count
	}
	return n
}

// TestRequestsRandom divides the requests of random traces of all versions, and those of recorded ones.
func TestRequestsRandom(t *testing.T) {
	for seed := range uint64(8) {
		shape := tracegen.Shape{Version: versions[seed%4], Events: 5_000, Tasks: 30, Skew: int64(seed%3) * 2000}
		for name, trace := range map[string][]byte{
			"random":  tracegen.Random(seed, shape),
			"service": tracegen.Service(seed, shape),
		} {
			t.Run(fmt.Sprintf("%s-%d", name, seed), func(t *testing.T) {
				tl, r := checkedRequests(t)
				feed(t, trace, tl, r)
				require.NotZero(t, checkRequests(t, r))
			})
		}
	}
	for _, tr := range recorded.All() {
		if tr.Name == "annotations" {
			t.Run(tr.String(), func(t *testing.T) {
				trace, err := tr.Bytes()
				require.NoError(t, err)
				tl, r := checkedRequests(t)
				feed(t, trace, tl, r)
				require.NotZero(t, checkRequests(t, r))
			})
		}
	}
}

// TestRequestsOld divides those of traces of the first format, random and recorded.
func TestRequestsOld(t *testing.T) {
	divided := func(t *testing.T, trace []byte) uint64 {
		tl, r := checkedRequests(t)
		require.NoError(t, feedOld(trace, tl, r))
		return checkRequests(t, r)
	}
	for seed := range uint64(9) {
		shape := oldgen.Shape{Version: []int{11, 19, 21}[seed%3], Procs: 1 + int(seed)%4, Events: 3_000, Seconds: 3, Goroutines: 20}
		t.Run(fmt.Sprint(seed), func(t *testing.T) { require.NotZero(t, divided(t, oldgen.Random(seed, shape))) })
	}
	for _, tr := range recorded.Old() {
		t.Run(tr.String(), func(t *testing.T) {
			trace, err := tr.Bytes()
			require.NoError(t, err)
			if n := divided(t, trace); tr.Name == "annotations" {
				require.NotZero(t, n)
			}
		})
	}
}

func feedOld(trace []byte, tl *timeline.Timeline, r *Requests) error {
	reader, err := tracev1.NewReader(trace)
	if err != nil {
		return err
	}
	for o := timeline.NewOld(tl, reader); o.More(); {
		w, err := o.Feed()
		r.Window(&w)
		if err != nil {
			return err
		}
	}
	return nil
}

// Bounds of what an input of the fuzzers may take: what the past is kept in takes half a megabyte, what is known of
// a distribution some hundred kilobytes for each name.
const (
	fuzzFixed   = 64 << 20
	fuzzPerByte = 32 << 10
	fuzzTime    = 20 * time.Second
)

// bounded holds that something takes neither time nor memory out of proportion to some bytes.
func bounded(t *testing.T, bytes int, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	begun := time.Now()
	f()
	runtime.ReadMemStats(&after)
	require.Less(t, time.Since(begun), fuzzTime)
	if used, limit := after.TotalAlloc-before.TotalAlloc, uint64(fuzzFixed+fuzzPerByte*bytes); used > limit {
		t.Fatalf("%d bytes allocated for %d, more than %d", used, bytes, limit)
	}
}

// traceOf makes a trace of a fuzzer's input: well written, or just that.
func traceOf(data []byte, written bool) []byte {
	if written {
		data, _ = tracegen.FromBytes(data)
	}
	return data
}

// readable returns the generations of a trace as far as they can be read, with the times that they cover.
func readable(trace []byte) (gens []Generation) {
	tl := timeline.New(detectors.NewCode(), nil)
	ok := true
	split := wire.Splitter{Emit: func(raw wire.Raw) {
		if g, err := wire.Parse(raw); err == nil && ok {
			w, err := tl.Feed(g)
			ok = err == nil
			gens = append(gens, Generation{raw, w.Start, w.End})
		}
	}}
	_, _ = split.Write(trace)
	_ = split.Close()
	return gens
}

// month is as long as a trace can be without sums of its times, of many goroutines, being more than there are
// numbers for.
const month = detectors.Time(30 * 24 * time.Hour)

// FuzzAnswer asks any question of any trace, in thousandths of its time. It must not panic, take no more time and memory than
// there are bytes for, and what is true of every answer is true of this one.
func FuzzAnswer(f *testing.F) {
	for i, v := range versions {
		for kind := range tracegen.FromBytesKind(16) {
			if int(kind)%4 == i {
				f.Add(tracegen.ToBytes(v, kind, nil), true, int64(3+kind), 100, 1000)
			}
		}
		for edit := range byte(tracegen.NumEdits) {
			f.Add(tracegen.ToBytes(v, tracegen.FuzzTour, nil, [tracegen.EditSize]byte{edit, 3, 5, 7, 1, 2}), true, int64(2+edit), 0, 900)
		}
		f.Add(tracegen.Random(1, tracegen.Shape{Version: v, Threads: 2, Procs: 1, Goroutines: 4, Stacks: 4, Depth: 3, Events: 50, Generations: 2}), false, int64(2), 200, 800)
	}
	f.Fuzz(func(t *testing.T, data []byte, written bool, g int64, from, to int) {
		trace := traceOf(data, written)
		bounded(t, len(trace), func() {
			gens := readable(trace)
			if len(gens) == 0 {
				require.NotEmpty(t, Question{detectors.GoID(g), 0, 1}.Answer(nil).Missing)
				return
			}
			begin, end := gens[0].Start, gens[len(gens)-1].End
			at := func(share int) detectors.Time {
				return begin + detectors.Time(float64(end-begin)*float64(share)/1000)
			}
			q := Question{detectors.GoID(g), at(from), at(to)}
			if x := q.Answer(gens); end-begin < month {
				checkExplanation(t, q, x, false)
			}
		})
	})
}

// FuzzRequests divides the requests of any trace, of both formats.
func FuzzRequests(f *testing.F) {
	for i, v := range versions {
		for kind := range tracegen.FromBytesKind(16) {
			if int(kind)%4 == i {
				f.Add(tracegen.ToBytes(v, kind, nil), true)
			}
		}
		for edit := range byte(tracegen.NumEdits) {
			f.Add(tracegen.ToBytes(v, tracegen.FuzzTour, nil, [tracegen.EditSize]byte{edit, 3, 5, 7, 1, 2}), true)
		}
		f.Add(tracegen.Random(1, tracegen.Shape{Version: v, Threads: 2, Procs: 1, Goroutines: 4, Stacks: 4, Depth: 3, Events: 50, Generations: 2}), false)
	}
	for _, v := range []int{11, 19, 21} {
		f.Add(oldgen.Random(uint64(v), oldgen.Shape{Version: v, Procs: 2, Events: 100}), false)
	}
	f.Fuzz(func(t *testing.T, data []byte, written bool) {
		trace := traceOf(data, written)
		bounded(t, len(trace), func() {
			tl, r := checkedRequests(t)
			split := wire.Splitter{Emit: func(raw wire.Raw) {
				if g, err := wire.Parse(raw); err == nil {
					w, _ := tl.Feed(g)
					r.Window(&w)
				}
			}}
			_, _ = split.Write(trace)
			_ = split.Close()
			checkRequests(t, r)
			if !written {
				tl, r := checkedRequests(t)
				_ = feedOld(trace, tl, r)
				checkRequests(t, r)
			}
		})
	})
}
