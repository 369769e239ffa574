package tracewatch

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
)

// witness is a detector that writes down all it is told, in words: numbers of stacks and
// sites depend on what was met before.
type witness struct {
	code *detectors.Code
	told []string
}

func (w *witness) Spec() detectors.Spec {
	return detectors.Spec{Kind: "witness", Doc: "writes everything down", Observes: 1<<detectors.NumKinds - 1}
}

func (w *witness) New(code *detectors.Code) (detectors.State, error) {
	w.code = code
	return w, nil
}

func (w *witness) Observe(o *detectors.Observation) {
	var b strings.Builder
	fmt.Fprint(&b, o.Time, " kind ", o.Kind, " ", o.From, ">", o.To, " ", o.Known, o.Duration, " ", o.Reason, " P ", o.ProcFrom, ">", o.ProcTo)
	fmt.Fprint(&b, " m", o.Thread, " p", o.Proc, " g", o.By, " ", o.Subject, o.Value, o.Value2, o.Task, o.Parent, o.Text, o.Text2)
	fmt.Fprint(&b, " at ", w.stack(o.Stack), " by ", w.stack(o.ByStack))
	if g := o.G; g != nil {
		fmt.Fprint(&b, " of ", g.ID, g.Parent, g.Since, g.SinceKnown, g.Born, g.CreatedAt, g.State, g.Class, g.OnBehalf, g.Reason, g.LastP)
		fmt.Fprint(&b, " ", w.stack(g.Stack), " ", w.stack(g.Creator), " ", w.code.Site(g.Start))
	}
	w.told = append(w.told, b.String())
}

func (w *witness) stack(id detectors.StackID) string {
	frames := w.code.Frames(id)
	if len(frames) == 0 {
		return "-"
	}
	return fmt.Sprint(len(frames), frames[0], w.code.Site(w.code.SiteOf(id)))
}

func (w *witness) Judge(win *detectors.Window) ([]detectors.Finding, detectors.Verdict) {
	n := 0
	for range win.Goroutines {
		n++
	}
	w.told = append(w.told, fmt.Sprint("window ", win.Generation, " ", win.Start, " ", win.End, " ", win.Fresh, " ", win.Procs, " ", win.Events, " ", n))
	return nil, detectors.Verdict{Applicable: true}
}

// witnessed returns the options of an analysis in which w takes part, and every finding
// is reported.
func witnessed(w *witness) []Option {
	return []Option{
		WithDetectors(append(detectors.Default(), w)...),
		WithCooldown(0),
	}
}

// testimony is all that an analysis has to say, in words.
func testimony(t *testing.T, w *witness, r *Report) []string {
	t.Helper()
	all := w.told
	for _, x := range r.Anomalies {
		b, err := json.Marshal(x)
		require.NoError(t, err)
		all = append(all, string(b))
	}
	for _, v := range r.Verdicts {
		all = append(all, fmt.Sprintf("%+v", v))
	}
	return append(all, fmt.Sprintf("%+v", r.Stats))
}

// requireSame shows the first line that differs: all of them would fill a book.
func requireSame(t *testing.T, want, got []string, name string) {
	t.Helper()
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] {
			t.Fatalf("%s: line %d of %d differs\ngot  %s\nwant %s", name, i, len(want), got[i], want[i])
		}
	}
	require.Equal(t, len(want), len(got), "%s: lines", name)
}
