package explain

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/detectors/detectortest"
	"github.com/gotracewatch/tracewatch/internal/timeline"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

const base = detectors.Time(100 * time.Second) // when the texts' traces begin

// TestAnswer reads the texts in testdata/answer. A line
//
//	#? goroutine NAME from 5ms to 12ms
//
// asks why the goroutine of that name was late then, and the lines after it that begin with "#="
// are the answer, calculated by hand: its sentence, its tree, and how many goroutines waited alike.
func TestAnswer(t *testing.T) {
	files, err := filepath.Glob("testdata/answer/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(name)
			require.NoError(t, err)
			require.Equal(t, asked(string(text)), answered(t, name, string(text)))
		})
	}
}

// asked returns the questions of a text, and their answers.
func asked(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "#?") || strings.HasPrefix(line, "#=") {
			out.WriteString(line)
		}
	}
	return out.String()
}

// answered answers the questions of a text, as it would have them.
func answered(t *testing.T, file, text string) string {
	t.Helper()
	trace, err := detectortest.Read(file, []byte(text))
	require.NoError(t, err)
	gens := generations(t, trace)
	names := namesIn(t, text, trace)
	var out strings.Builder
	for line := range strings.Lines(text) {
		question, ok := strings.CutPrefix(line, "#?")
		if !ok {
			continue
		}
		q := questionIn(t, question, names)
		x := q.Answer(gens)
		checkExplanation(t, q, x, true)
		out.WriteString(line)
		lines := []string{x.Sentence()}
		if x.Missing == "" {
			lines = append(lines, strings.Split(strings.TrimSuffix(x.Tree(), "\n"), "\n")...)
		}
		if x.Alike > 0 {
			lines = append(lines, fmt.Sprintf("alike %d, longest %v", x.Alike, x.Longest))
		}
		for _, l := range lines {
			out.WriteString("#= " + byName(l, names) + "\n")
		}
	}
	return out.String()
}

// questionIn reads " goroutine NAME from 5ms to 12ms".
func questionIn(t *testing.T, line string, names map[detectors.GoID]string) Question {
	t.Helper()
	words := strings.Fields(line)
	require.Len(t, words, 6, line)
	require.Equal(t, []string{"goroutine", "from", "to"}, []string{words[0], words[2], words[4]})
	q := Question{From: momentIn(t, words[3]), To: momentIn(t, words[5])}
	for id, name := range names {
		if name == words[1] {
			q.G = id
		}
	}
	require.NotZero(t, q.G, "there is no goroutine %s", words[1])
	return q
}

func momentIn(t *testing.T, s string) detectors.Time {
	t.Helper()
	d, err := time.ParseDuration(s)
	require.NoError(t, err)
	return base.Add(d)
}

var (
	declares = regexp.MustCompile(`(?m)^goroutine (\w+)(?:\*(\d+))? (begins (\S+))?`)
	creates  = regexp.MustCompile(`creates (?:coroutine )?(\w+(?:\[\d+\])?)|(\w+(?:\[\d+\])?) created on`)
)

// namesIn returns the names that a text has for the goroutines of its trace. Those that were there before
// the trace come first, then those of its beginning, then those that something creates: in the order
// of the lines, which has to be that of time, and with a number for an index.
func namesIn(t *testing.T, text string, trace []byte) map[detectors.GoID]string {
	t.Helper()
	type goroutine struct{ name, begins string }
	var before, first, later []goroutine
	created := make(map[string]bool)
	for _, m := range creates.FindAllStringSubmatch(text, -1) {
		created[m[1]+m[2]] = true
	}
	declared := make(map[string]goroutine)
	for _, m := range declares.FindAllStringSubmatch(text, -1) {
		names := []string{m[1]}
		if m[2] != "" {
			n, err := strconv.Atoi(m[2])
			require.NoError(t, err)
			names = nil
			for i := range n {
				names = append(names, fmt.Sprintf("%s[%d]", m[1], i))
			}
		}
		for _, name := range names {
			g := goroutine{name, m[4]}
			declared[name] = g
			switch {
			case m[3] == "":
				before = append(before, g)
			case !created[name]:
				first = append(first, g)
			}
		}
	}
	for _, m := range creates.FindAllStringSubmatch(text, -1) {
		later = append(later, declared[m[1]+m[2]])
	}
	names := map[detectors.GoID]string{1: "main"}
	for i, g := range slices.Concat(before, first, later) {
		names[detectors.GoID(i+2)] = g.name
	}
	// The trace has to agree.
	code := detectors.NewCode()
	tl := timeline.New(code, []timeline.Observer{{
		Observes: detectors.Set(detectors.GoCreate),
		Observe: func(o *detectors.Observation) {
			g := declared[names[o.G.ID]]
			require.Equal(t, g.begins, code.Site(o.G.Start).Func, "goroutine %d, %s", o.G.ID, g.name)
		},
	}})
	for _, g := range generations(t, trace) {
		parsed, err := wire.Parse(g.Raw)
		require.NoError(t, err)
		_, err = tl.Feed(parsed)
		require.NoError(t, err)
	}
	return names
}

var numbered = regexp.MustCompile(`(goroutine|, most) (\d+)\b`)

// byName puts names in the place of goroutines' numbers.
func byName(line string, names map[detectors.GoID]string) string {
	return numbered.ReplaceAllStringFunc(line, func(s string) string {
		word, number, _ := strings.Cut(s, " ")
		n, _ := strconv.Atoi(number)
		if name := names[detectors.GoID(n)]; name != "" {
			return word + " " + name
		}
		return s
	})
}

// generations returns those of a trace, with the times that they cover, and tells observers of it.
func generations(t *testing.T, trace []byte, observers ...timeline.Observer) (gens []Generation) {
	t.Helper()
	tl := timeline.New(detectors.NewCode(), observers)
	split := wire.Splitter{Emit: func(raw wire.Raw) {
		g, err := wire.Parse(raw)
		require.NoError(t, err)
		w, err := tl.Feed(g)
		require.NoError(t, err)
		gens = append(gens, Generation{raw, w.Start, w.End})
	}}
	_, err := split.Write(trace)
	require.NoError(t, err)
	require.NoError(t, split.Close())
	return gens
}

// checkExplanation holds what is true of every explanation. In an even trace no two clocks disagree and GOMAXPROCS
// does not change.
func checkExplanation(t *testing.T, q Question, x *detectors.Explanation, even bool) {
	t.Helper()
	require.NotEmpty(t, x.Sentence())
	require.NotContains(t, x.Sentence()+x.Tree(), "%!")
	_, err := json.Marshal(x)
	require.NoError(t, err)
	if x.Missing != "" {
		require.Empty(t, x.Chain)
		return
	}
	require.Equal(t, q.G, x.Goroutine)
	require.LessOrEqual(t, q.From, x.From)
	require.Less(t, x.From, x.To)
	require.LessOrEqual(t, x.To, q.To)
	require.Equal(t, x.To.Sub(x.From), checkLinks(t, x.Chain), x.Tree())
	for _, l := range x.Chain {
		require.Equal(t, []detectors.GoID{q.G}, l.Goroutines, x.Tree())
	}
	if r := x.Instead; r != nil {
		require.LessOrEqual(t, x.From, r.From)
		require.Less(t, r.From, r.To)
		require.LessOrEqual(t, r.To, x.To)
		sum := r.Idle + r.Other
		for i, o := range r.Ran {
			require.Positive(t, o.Total)
			require.Positive(t, o.Goroutines)
			require.True(t, i == 0 || o.Total <= r.Ran[i-1].Total)
			sum += o.Total
		}
		require.LessOrEqual(t, len(r.Ran), occupants)
		require.GreaterOrEqual(t, r.Idle, time.Duration(0))
		require.GreaterOrEqual(t, r.Other, time.Duration(0))
		if even {
			require.Equal(t, time.Duration(r.Procs)*r.Ready, sum, x.Tree())
		}
	}
	if d := x.Delayed; d != nil {
		require.Positive(t, d.Goroutines)
		require.Positive(t, d.Max)
		require.LessOrEqual(t, d.Max, d.Total)
		require.LessOrEqual(t, len(d.Sites), 3)
		require.NotEmpty(t, d.Sites)
		require.LessOrEqual(t, d.Max, x.To.Sub(x.From))
	}
	if x.Alike > 0 {
		require.Positive(t, x.Longest)
	}
}

// checkLinks holds what is true of links, and returns their sum.
func checkLinks(t *testing.T, links []*detectors.Link) (sum time.Duration) {
	t.Helper()
	for i, l := range links {
		require.Positive(t, l.Total)
		require.Positive(t, l.Count)
		require.Positive(t, l.NumGoroutines)
		require.Len(t, l.Goroutines, min(l.NumGoroutines, named))
		require.Len(t, l.Enders, min(l.NumEnders, named))
		require.True(t, i == 0 || l.Total <= links[i-1].Total, "the longest comes first")
		require.Equal(t, l.NumEnders > 0, len(l.Behind) > 0)
		if len(l.Behind) > 0 {
			require.Equal(t, l.Total, checkLinks(t, l.Behind))
			require.Contains(t, []detectors.Dimension{detectors.DimLock, detectors.DimChannel}, l.Dimension)
		}
		if l.Cycle {
			require.True(t, l.Open)
		}
		sum += l.Total
	}
	return sum
}

// TestAnswerChains asks why a goroutine waits for one that waits for another, and so on: a channel and a mutex in
// turns. The one at the end reads from the network for 10 ms; each works for a millisecond more than the one before
// when it goes on, after it has waited for a P for a millisecond.
func TestAnswerChains(t *testing.T) {
	for depth := 1; depth <= 8; depth++ {
		var text strings.Builder
		fmt.Fprintf(&text, "procs 2\nlet depth = %d\n", depth)
		text.WriteString(`
goroutine g*9 begins main.serve parks "chan receive" at chanrecv < main.serve
at 1ms g[depth] woken, +0s on P1
repeat depth as i
	at 1ms+i*1ms g[i] woken, +0s on P0
	if i%2 == 0
		at 1500us+i*1ms g[i] blocks "chan receive" at chanrecv < main.ask
	if i%2 == 1
		at 1500us+i*1ms g[i] blocks "sync" at mutexlock < main.lock
at 10ms g[depth] blocks "network" at tcpread < main.fetch
at 20ms g[depth] woken, +1ms on P1
`)
		// What each but the last did while the one before it waited, from the end.
		asked, at := 1500*time.Microsecond, 21*time.Millisecond
		begun := func(i int) time.Duration { return asked + time.Duration(i)*time.Millisecond }
		ended := make([]time.Duration, depth)
		for i := depth; i > 0; i-- {
			at += time.Duration(depth+1-i) * time.Millisecond
			ended[i-1] = at
			fmt.Fprintf(&text, "at %v g[%d] wakes g[%d] at main.answer%d\nat %v g[%d] ends\n", at, i, i-1, i, at+time.Microsecond, i)
			at += time.Millisecond
			fmt.Fprintf(&text, "at %v g[%d] on P1\n", at, i-1)
		}
		fmt.Fprintf(&text, "at %v g[0] ends\n", at+time.Millisecond)
		trace, err := detectortest.Read("chain", []byte(text.String()))
		require.NoError(t, err, text.String())

		q := Question{G: 2, From: base.Add(asked), To: base.Add(ended[0])}
		x := q.Answer(generations(t, trace))
		checkExplanation(t, q, x, true)
		links := x.Chain
		for i := range depth {
			l := links[0]
			require.Equal(t, []detectors.GoID{detectors.GoID(2 + i)}, l.Goroutines)
			require.Equal(t, ended[i]-begun(i), l.Total, "the wait %d of %d\n%s", i, depth, x.Tree())
			require.Equal(t, []detectors.Ender{{Goroutine: detectors.GoID(3 + i), Site: l.Enders[0].Site}}, l.Enders)
			require.Equal(t, fmt.Sprintf("main.answer%d", i+1), l.Enders[0].Site.Func)
			if i%2 == 0 {
				require.Equal(t, [3]any{detectors.DimChannel, "chan receive", "main.ask"}, [3]any{l.Dimension, l.What, l.Site.Func})
			} else {
				require.Equal(t, [3]any{detectors.DimLock, "mutex", "main.lock"}, [3]any{l.Dimension, l.What, l.Site.Func})
			}
			links = l.Behind
		}
		require.Equal(t, detectors.DimNetwork, links[0].Dimension)
		require.Equal(t, 10*time.Millisecond, links[0].Total)
		require.Equal(t, min(depth, 5)+1, strings.Count(x.Sentence(), "waited"), x.Sentence())
		require.Equal(t, depth > 5, strings.Contains(x.Sentence(), fmt.Sprintf("and so on, %d waits deep", depth)), x.Sentence())
	}
}
