package main

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

func TestTable(t *testing.T) {
	require.Equal(t, `scenario       found  SD  GA  NB  PR  PF  GL  TS  LC  SW  CT  CD  TG  X1  site  seconds  windows  dumps
leaky severe     2/2   .  1~  1!   .   .  2+   .   .   .   .   .   .   .   1/2      7.0        3    3/4
leaky mild       0/1   .   .   .   .   .   .   .   .   .   .   .   .   .
hasty severe     1/1   .   .   .   .  1+   .   .   .   .   .   .   .  1!            1.0        2    1/2
hasty mild    failed   .   .   .   .   .   .   .   .   .   .   .   .   .
sound                  .   .   .   .   .   .   .   .   .   .   .   .   .

SD sched-delay, GA gc-assist, NB netpoll-block, PR preempt-rate, PF preempt-failure, GL goroutine-leak,
TS timer-storm, LC lock-contention, SW stop-the-world, CT cpu-throttled, CD clock-drift, TG trace-gap,
X1 my-own
Runs in which it was found: 1+ right, 1~ follows from the fault as declared, 1! WRONG, . none
`, madeBoard().table())
}

func TestScore(t *testing.T) {
	s := madeBoard().score()
	require.Equal(t, score{
		Severe: share{3, 3}, Mild: share{0, 1}, Sites: share{1, 2}, Dumps: share{4, 6},
		Healthy: share{0, 1}, WarmUp: share{1, 4}, Wrong: share{1, 4}, Failed: share{1, 6},
		MedianTime: 5 * time.Second, WorstTime: 7 * time.Second, MedianWindows: 2, WorstWindows: 3,
	}, s)
	require.False(t, s.reached())
	require.Equal(t, `severe faults found        100% (3 of 3)                wanted: 100%
mild faults found          0% (0 of 1)                  wanted: 90%   MISSED
false alarms, healthy      0% (0 of 1)                  wanted: none
false alarms, warm-up      25% (1 of 4)                 wanted: none   MISSED
wrong kind beside a fault  25% (1 of 4)                 wanted: none   MISSED
site right                 50% (1 of 2)                 wanted: 95%   MISSED
windows until found        2 median, 3 at worst         wanted: 2 at worst   MISSED
seconds until found        5.0 median, 7.0 at worst
dumps that agree           67% (4 of 6)
runs that failed           17% (1 of 6)                 wanted: none   MISSED
`, s.text())
}

func TestComplaints(t *testing.T) {
	require.Equal(t, `
Not found:
  leaky mild, run 1: no goroutine-leak. It leaks.

Found, and WRONG:
  leaky severe, run 1, before the fault: -1.0 s netpoll-block (warning) at c.read: netpoll-block was seen
  hasty severe, run 1: +3.0 s my-own (warning) at d.mine: my-own was seen

At a WRONG site:
  leaky severe, run 2: +7.0 s goroutine-leak (warning) at b.other: goroutine-leak was seen; right were: a.start

Dumps that do not agree:
  leaky severe, run 2: goroutine-leak differs in interval, summary
  hasty severe, run 1: my-own has no dump

Runs that failed:
  hasty mild, run 1: it could not start
`, madeBoard().complaints())
}

// A board on which all is as it should be.
func TestAllGood(t *testing.T) {
	leaky, _, sound := made()
	b := &board{[]verdict{
		judge(taskOf(sound, "", 1), report{}),
		judge(taskOf(leaky, scenario.Severe, 1), report{Found: []found{finds("goroutine-leak", "a.start", time.Second, 2)}}),
	}}
	require.True(t, b.score().reached(), "what was not asked for is no goal")
	require.Empty(t, b.complaints())
}

// Each goal alone can be missed.
func TestGoals(t *testing.T) {
	good := score{
		Severe: share{20, 20}, Mild: share{18, 20}, Sites: share{38, 40}, Dumps: share{0, 40},
		Healthy: share{0, 20}, WarmUp: share{0, 40}, Wrong: share{0, 40}, Failed: share{0, 60}, WorstWindows: 2,
	}
	require.True(t, good.reached(), "that dumps agree is told, and no goal")
	for name, worsen := range map[string]func(*score){
		"severe":  func(s *score) { s.Severe.N-- },
		"mild":    func(s *score) { s.Mild.N-- },
		"sites":   func(s *score) { s.Sites.N-- },
		"healthy": func(s *score) { s.Healthy.N++ },
		"warm-up": func(s *score) { s.WarmUp.N++ },
		"wrong":   func(s *score) { s.Wrong.N++ },
		"failed":  func(s *score) { s.Failed.N++ },
		"windows": func(s *score) { s.WorstWindows++ },
	} {
		s := good
		worsen(&s)
		require.False(t, s.reached(), name)
	}
}

func TestJSON(t *testing.T) {
	b := madeBoard()
	var out bytes.Buffer
	require.NoError(t, writeJSON(&out, b, b.score()))
	var read struct {
		Runs []struct {
			Scenario, Strength, Kind, Verdict, Error string
			Run                                      int
			Found                                    []found
		}
		Score score
		Good  *bool `json:"goals_reached"`
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &read))
	require.Len(t, read.Runs, len(b.verdicts))
	require.Equal(t, b.score(), read.Score)
	require.False(t, *read.Good)
	require.Equal(t, "leaky", read.Runs[1].Scenario)
	require.Equal(t, "severe", read.Runs[1].Strength)
	require.Equal(t, "goroutine-leak", read.Runs[1].Kind)
	require.Equal(t, "false alarm", read.Runs[1].Verdict)
	require.Equal(t, b.verdicts[1].report.Found, read.Runs[1].Found)
	require.Equal(t, "it could not start", read.Runs[5].Error)
}
