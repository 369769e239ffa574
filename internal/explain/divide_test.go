package explain

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/detectors/detectortest"
	"github.com/gotracewatch/tracewatch/internal/timeline"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// divided is what a trace's requests are divided into, as text: each with its parts in the order of
// time, and a > for each wait that a part is behind.
func divided(t *testing.T, trace []byte) string {
	t.Helper()
	var out strings.Builder
	code := detectors.NewCode()
	tl := timeline.New(code, nil)
	r := NewRequests(code, tl)
	r.each = func(s *timeline.Span, d *Division) {
		checkDivision(t, s, d)
		fmt.Fprintf(&out, "%s %v\n", s.Name, s.End.Sub(s.Begin))
		for _, p := range slices.Backward(d.Parts) {
			depth := 0
			for w := p.Wait; w >= 0; w = d.Waits[w].Wait {
				depth++
			}
			fmt.Fprintf(&out, "  %s%v %v", strings.Repeat("> ", depth), p.Dimension, p.To.Sub(p.From))
			if site := code.Site(code.SiteOf(p.Stack)); site.Func != "" {
				fmt.Fprintf(&out, " %s", site.Short())
			}
			out.WriteString("\n")
		}
	}
	feed(t, trace, tl, r)
	return out.String()
}

func feed(t *testing.T, trace []byte, tl *timeline.Timeline, r *Requests) {
	t.Helper()
	split := wire.Splitter{Emit: func(raw wire.Raw) {
		g, err := wire.Parse(raw)
		require.NoError(t, err)
		w, err := tl.Feed(g)
		require.NoError(t, err)
		r.Window(&w)
	}}
	_, err := split.Write(trace)
	require.NoError(t, err)
	require.NoError(t, split.Close())
}

// checkDivision holds that the parts are together exactly what was divided.
func checkDivision(t *testing.T, s *timeline.Span, d *Division) {
	t.Helper()
	at := s.End
	for _, p := range d.Parts {
		require.Equal(t, at, p.To)
		require.Less(t, p.From, p.To)
		require.Less(t, int(p.Wait), len(d.Waits))
		at = p.From
		if p.Wait >= 0 {
			w := d.Waits[p.Wait]
			require.LessOrEqual(t, w.From, p.From)
			require.LessOrEqual(t, p.To, w.To)
		}
	}
	require.Equal(t, s.Begin, at)
}

// TestDivide reads the texts in testdata/divide. Lines that begin with "#=" say what is expected,
// calculated by hand.
func TestDivide(t *testing.T) {
	files, err := filepath.Glob("testdata/divide/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			trace, err := detectortest.Read(name, text)
			require.NoError(t, err)
			require.Equal(t, expected(string(text)), divided(t, trace))
		})
	}
}

// TestPlace holds where what is done for a request by nobody's code counts: where the request waits
// for it.
func TestPlace(t *testing.T) {
	const name = "testdata/divide/http_client.txt"
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	trace, err := detectortest.Read(name, text)
	require.NoError(t, err)
	code := detectors.NewCode()
	tl := timeline.New(code, nil)
	r := NewRequests(code, tl)
	feed(t, trace, tl, r)
	all := r.All()
	require.Len(t, all, 1)
	var sites []string
	for _, s := range all[0].P99.Sites {
		sites = append(sites, fmt.Sprintf("%v %v %s", s.Dimension, s.Part, s.Site.Short()))
	}
	require.Equal(t, []string{
		"network 5ms main.ask", "running 3ms main.ask", "runnable 2ms main.ask", "running 1ms main.end", "network_queue 1ms main.ask",
	}, sites)
}

// expected returns what a text expects.
func expected(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if want, ok := strings.CutPrefix(line, "#="); ok {
			out.WriteString(strings.TrimPrefix(want, " "))
		}
	}
	return out.String()
}

// TestDivideChains has a request wait for a goroutine that waits for another, and so on, each of which
// works for a millisecond more than the one before when it has been answered.
func TestDivideChains(t *testing.T) {
	for depth := 1; depth <= 8; depth++ {
		var text, want strings.Builder
		fmt.Fprintf(&text, "procs 2\nlet depth = %d\n", depth)
		text.WriteString(`
goroutine g*9 begins main.serve parks "chan receive" at chanrecv < main.serve
at 1ms g[0] woken, +0s on P0, +1ms task r begins "GET /", +2ms blocks "chan receive" at chanrecv < main.ask
repeat depth - 1 as i
	at 10us*i+100us g[i+1] woken, +1us on P1, +2us blocks "chan send" at chansend < main.ask
at 1ms g[depth] woken, +0s on P1, +9ms blocks "network" at tcpread < main.fetch
at 20ms g[depth] woken, +1ms on P1
`)
		fmt.Fprintf(&want, "GET / %dms\n  running 2ms main.ask\n", 20+depth*(depth+1)/2+depth)
		behind := strings.Repeat("> ", depth)
		fmt.Fprintf(&want, "  %srunning 6ms main.fetch\n  %snetwork 10ms main.fetch\n  %snetwork_queue 1ms main.fetch\n", behind, behind, behind)
		at := 21
		for i := depth; i > 0; i-- {
			at += depth + 1 - i
			fmt.Fprintf(&text, "at %dms g[%d] wakes g[%d] at chansend < main.answer\nat %dms+1us g[%d] ends\nat %dms g[%d] on P1\n", at, i, i-1, at, i, at+1, i-1)
			behind = strings.Repeat("> ", i)
			fmt.Fprintf(&want, "  %srunning %dms main.answer\n", behind, depth+1-i)
			fmt.Fprintf(&want, "  %srunnable 1ms main.ask\n", behind[2:])
			at++
		}
		fmt.Fprintf(&text, "at %dms g[0] task r ends at main.end\n", at+1)
		want.WriteString("  running 1ms main.end\n")
		trace, err := detectortest.Read("chain", []byte(text.String()))
		require.NoError(t, err, text.String())
		require.Equal(t, want.String(), divided(t, trace), text.String())
	}
}

// TestDivideRandom divides the requests of random traces: the parts are the whole to the
// nanosecond (see checkDivision), and names make no difference.
func TestDivideRandom(t *testing.T) {
	for seed := range uint64(20) {
		versions := []wire.Version{wire.Go122, wire.Go123, wire.Go125, wire.Go126}
		shape := tracegen.Shape{Version: versions[seed%4], Events: 20_000, Tasks: 60, Skew: int64(seed%3) * 500}
		for name, trace := range map[string][]byte{
			"random":  tracegen.Random(seed, shape),
			"service": tracegen.Service(seed, shape),
		} {
			t.Run(fmt.Sprintf("%s-%d", name, seed), func(t *testing.T) {
				all := divided(t, trace)
				require.NotEmpty(t, all)
				other, err := tracegen.Relabel(trace, tracegen.Scrambled(seed))
				require.NoError(t, err)
				require.Equal(t, sorted(all), sorted(divided(t, other)))
			})
		}
	}
}

// sorted puts requests in an order that is the same whichever thread's came first.
func sorted(all string) []string {
	requests := strings.Split(strings.ReplaceAll(all, "\n  ", ";"), "\n")
	slices.Sort(requests)
	return requests
}
