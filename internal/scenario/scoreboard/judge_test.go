package main

import (
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// made are scenarios that are not run.
func made() (leaky, hasty, sound scenario.Scenario) {
	leaky = scenario.Scenario{Name: "leaky", Doc: "It leaks.", Kind: "goroutine-leak", Sites: []string{"a.start"},
		Follows: map[string]string{"gc-assist": "the heap grows"}}
	hasty = scenario.Scenario{Name: "hasty", Doc: "It runs too long.", Kind: "preempt-failure"}
	sound = scenario.Scenario{Name: "sound", Doc: "It is sound."}
	return leaky, hasty, sound
}

func taskOf(s scenario.Scenario, strength scenario.Strength, run int) task {
	return task{s, order{Scenario: s.Name, Strength: strength, Run: run}}
}

func finds(kind, site string, after time.Duration, windows int) found {
	return found{Kind: kind, Site: site, Severity: "warning", Summary: kind + " was seen", After: after, Windows: windows, Dumped: true}
}

// madeBoard has every case that the tables tell apart.
func madeBoard() *board {
	leaky, hasty, sound := made()
	early := finds("netpoll-block", "c.read", -time.Second, 0)
	early.Early = true
	other := finds("goroutine-leak", "b.other", 7*time.Second, 3)
	other.Differs = []string{"interval", "summary"}
	lost := finds("my-own", "d.mine", 3*time.Second, 1)
	lost.Dumped = false
	return &board{[]verdict{
		judge(taskOf(sound, "", 1), report{}),
		judge(taskOf(leaky, scenario.Severe, 1), report{Found: []found{
			early, finds("goroutine-leak", "a.start", 5*time.Second, 1), finds("gc-assist", "b.other", 6*time.Second, 2)}}),
		judge(taskOf(leaky, scenario.Severe, 2), report{Found: []found{other}}),
		judge(taskOf(leaky, scenario.Mild, 1), report{}),
		judge(taskOf(hasty, scenario.Severe, 1), report{Found: []found{finds("preempt-failure", "c.run", time.Second, 2), lost}}),
		judge(taskOf(hasty, scenario.Mild, 1), report{Error: "it could not start"}),
	}}
}

func TestJudge(t *testing.T) {
	leaky, _, sound := made()
	early := finds("goroutine-leak", "a.start", -time.Second, 0)
	early.Early = true
	right, follows, wrong := finds("goroutine-leak", "a.start", time.Second, 1), finds("gc-assist", "", 0, 0), finds("sched-delay", "", 0, 0)

	v := judge(taskOf(leaky, scenario.Mild, 1), report{Found: []found{early, right, follows, wrong}})
	require.Equal(t, []found{early}, v.early, "what rests on the time before the fault is no answer, whatever its kind")
	require.Equal(t, []found{right}, v.right)
	require.Equal(t, []found{follows}, v.follows)
	require.Equal(t, []found{wrong}, v.wrong)
	require.Equal(t, "false alarm", v.word())

	v = judge(taskOf(sound, "", 1), report{Found: []found{early, right}})
	require.Equal(t, []found{early, right}, v.wrong)
	require.False(t, v.missed())
	require.Equal(t, "false alarm", v.word())

	for _, c := range []struct {
		word string
		t    task
		r    report
	}{
		{"silent", taskOf(sound, "", 1), report{}},
		{"found", taskOf(leaky, scenario.Severe, 1), report{Found: []found{right, follows}}},
		{"missed", taskOf(leaky, scenario.Severe, 1), report{Found: []found{follows}}},
		{"missed", taskOf(leaky, scenario.Severe, 1), report{Found: []found{early}}},
		{"failed", taskOf(leaky, scenario.Severe, 1), report{Error: "x", Found: []found{right}}},
		{"failed", taskOf(sound, "", 1), report{Error: "x"}},
	} {
		v := judge(c.t, c.r)
		require.Equal(t, c.word, v.word())
	}
}

func TestPlan(t *testing.T) {
	leaky, hasty, sound := made()
	o := options{runs: 2, only: regexp.MustCompile("^(leaky|sound)$"), strengths: []scenario.Strength{scenario.Severe, scenario.Mild}}
	var names []string
	for _, x := range plan(o, []scenario.Scenario{leaky, hasty, sound}) {
		names = append(names, x.name())
	}
	require.Equal(t, []string{"leaky severe", "leaky severe", "leaky mild", "leaky mild", "sound", "sound"}, names)
}

func TestLines(t *testing.T) {
	b := madeBoard()
	b.verdicts[1].report.Took = 9 * time.Second
	b.verdicts[1].report.Windows, b.verdicts[1].report.Coverage, b.verdicts[1].report.Events = 12, 1, 1_500_000
	require.Equal(t, "    false alarm: goroutine-leak after 5.0 s, 1 window; WRONG: netpoll-block (9.0 s)\n", b.verdicts[1].lines(false))
	require.Equal(t, `    false alarm: goroutine-leak after 5.0 s, 1 window; WRONG: netpoll-block (9.0 s)
    12 windows, 100.0% covered, 0 lost, 0 findings kept quiet, 1.5 million events, the watch used 0.0% of the Ps
    -1.0 s netpoll-block (warning) at c.read: netpoll-block was seen
    +5.0 s goroutine-leak (warning) at a.start: goroutine-leak was seen
    +6.0 s gc-assist (warning) at b.other: gc-assist was seen
`, b.verdicts[1].lines(true))
	require.Equal(t, "    found: goroutine-leak after 7.0 s, 3 windows, at a WRONG site (0.0 s)\n", b.verdicts[2].lines(false))
	require.Equal(t, "    failed: it could not start (0.0 s)\n", b.verdicts[5].lines(false))
}
