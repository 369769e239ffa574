package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// The goals.
const (
	goalSevere  = 1.0  // of the severe faults are found
	goalMild    = 0.9  // of the mild ones
	goalSites   = 0.95 // of the findings name the right place
	goalWindows = 2    // is how many windows it takes at most
)

// share is some of all.
type share struct {
	N  int `json:"n"`
	Of int `json:"of"`
}

// atLeast reports whether it is that much. Nothing of nothing is enough.
func (s share) atLeast(goal float64) bool { return float64(s.N) >= goal*float64(s.Of) }

func (s share) String() string {
	if s.Of == 0 {
		return "none to judge"
	}
	return fmt.Sprintf("%.0f%% (%d of %d)", 100*float64(s.N)/float64(s.Of), s.N, s.Of)
}

// A score is what all runs together come to.
type score struct {
	Severe share `json:"severe"` // found
	Mild   share `json:"mild"`
	Sites  share `json:"sites"` // right
	Dumps  share `json:"dumps"` // that agree

	Healthy share `json:"healthy"` // with a false alarm
	WarmUp  share `json:"warm_up"` // with one before the fault began
	Wrong   share `json:"wrong"`   // sick, with one that does not follow from the fault
	Failed  share `json:"failed"`

	MedianTime    time.Duration `json:"median_time_ns"`
	WorstTime     time.Duration `json:"worst_time_ns"`
	MedianWindows int           `json:"median_windows"`
	WorstWindows  int           `json:"worst_windows"`
}

func (b *board) score() score {
	var s score
	var times []time.Duration
	var windows []int
	for i := range b.verdicts {
		v := &b.verdicts[i]
		s.Failed.add(v.failed())
		if v.failed() {
			continue
		}
		agree, dumps := v.dumps()
		s.Dumps.N, s.Dumps.Of = s.Dumps.N+agree, s.Dumps.Of+dumps
		if !v.sick() {
			s.Healthy.add(len(v.wrong) > 0)
			continue
		}
		s.WarmUp.add(len(v.early) > 0)
		s.Wrong.add(len(v.wrong) > 0)
		if v.task.order.Strength == scenario.Mild {
			s.Mild.add(!v.missed())
		} else {
			s.Severe.add(!v.missed())
		}
		right, all := v.sites()
		s.Sites.N, s.Sites.Of = s.Sites.N+right, s.Sites.Of+all
		if len(v.right) > 0 {
			times = append(times, v.right[0].After)
			windows = append(windows, v.right[0].Windows)
		}
	}
	if len(times) > 0 {
		slices.Sort(times)
		slices.Sort(windows)
		s.MedianTime, s.WorstTime = times[(len(times)-1)/2], times[len(times)-1]
		s.MedianWindows, s.WorstWindows = windows[(len(windows)-1)/2], windows[len(windows)-1]
	}
	return s
}

func (s *share) add(yes bool) {
	s.Of++
	if yes {
		s.N++
	}
}

// reached reports whether all goals are.
func (s score) reached() bool {
	for _, g := range s.goals() {
		if !g.reached {
			return false
		}
	}
	return true
}

// goal is one line of the score.
type goal struct {
	name, value, wanted string
	reached             bool
}

func (s score) goals() []goal {
	return []goal{
		{"severe faults found", s.Severe.String(), "100%", s.Severe.atLeast(goalSevere)},
		{"mild faults found", s.Mild.String(), "90%", s.Mild.atLeast(goalMild)},
		{"false alarms, healthy", s.Healthy.String(), "none", s.Healthy.N == 0},
		{"false alarms, warm-up", s.WarmUp.String(), "none", s.WarmUp.N == 0},
		{"wrong kind beside a fault", s.Wrong.String(), "none", s.Wrong.N == 0},
		{"site right", s.Sites.String(), "95%", s.Sites.atLeast(goalSites)},
		{"windows until found", fmt.Sprintf("%d median, %d at worst", s.MedianWindows, s.WorstWindows), "2 at worst", s.WorstWindows <= goalWindows},
		{"seconds until found", fmt.Sprintf("%.1f median, %.1f at worst", s.MedianTime.Seconds(), s.WorstTime.Seconds()), "", true},
		{"dumps that agree", s.Dumps.String(), "", true},
		{"runs that failed", s.Failed.String(), "none", s.Failed.N == 0},
	}
}

// text is a line for each goal.
func (s score) text() string {
	var b strings.Builder
	for _, g := range s.goals() {
		line := fmt.Sprintf("%-26s %-28s", g.name, g.value)
		if g.wanted != "" {
			line += " wanted: " + g.wanted
		}
		if !g.reached {
			line += "   MISSED"
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}
