package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// task is one run that is to be made.
type task struct {
	scenario scenario.Scenario
	order    order
}

// name returns the scenario's name and the fault's strength.
func (t task) name() string {
	return strings.TrimSpace(t.scenario.Name + " " + string(t.order.Strength))
}

// plan returns the runs that the options ask for.
func plan(o options, all []scenario.Scenario) []task {
	var tasks []task
	for _, s := range all {
		if !o.only.MatchString(s.Name) {
			continue
		}
		strengths := o.strengths
		if s.Kind == "" {
			strengths = []scenario.Strength{""}
		}
		for _, strength := range strengths {
			for n := range o.runs {
				tasks = append(tasks, task{s, order{Scenario: s.Name, Strength: strength, Run: n + 1, Healthy: o.healthy}})
			}
		}
	}
	return tasks
}

// run makes all runs and prints the result. It reports whether the goals are reached.
func run(ctx context.Context, o options, all []scenario.Scenario, stdout, stderr io.Writer) (good bool, err error) {
	tasks := plan(o, all)
	if len(tasks) == 0 {
		return false, fmt.Errorf("-only %q matches no scenario", o.only)
	}
	begun := time.Now()
	b := &board{}
	for i, t := range tasks {
		if i > 0 {
			left := time.Since(begun) / time.Duration(i) * time.Duration(len(tasks)-i)
			fmt.Fprintf(stderr, "[%*d/%d, %3.0f s left] %s\n", width(len(tasks)), i+1, len(tasks), left.Seconds(), t.name())
		} else {
			fmt.Fprintf(stderr, "[%*d/%d] %s\n", width(len(tasks)), i+1, len(tasks), t.name())
		}
		rep := carryOut(ctx, o, t)
		if ctx.Err() != nil {
			return false, errors.New("interrupted; nothing is left behind")
		}
		v := judge(t, rep)
		b.verdicts = append(b.verdicts, v)
		fmt.Fprint(stderr, v.lines(o.verbose))
	}
	fmt.Fprintf(stderr, "%d runs in %.0f s\n", len(tasks), time.Since(begun).Seconds())
	s := b.score()
	if o.json {
		err = writeJSON(stdout, b, s)
	} else {
		_, err = io.WriteString(stdout, b.table()+"\n"+s.text()+b.complaints())
	}
	return s.reached(), err
}

func width(n int) int { return len(fmt.Sprint(n)) }

// carryOut makes a run. The dumps' directory is gone afterwards, unless they are to be kept.
func carryOut(ctx context.Context, o options, t task) report {
	dir, err := dumpDir(o.dumps, t)
	if err != nil {
		return report{Error: err.Error()}
	}
	if o.dumps == "" {
		defer os.RemoveAll(dir)
	}
	t.order.Dumps = dir
	rep, err := runChild(ctx, t.order)
	if err != nil {
		rep.Error = err.Error()
	}
	return rep
}

func dumpDir(parent string, t task) (string, error) {
	if parent == "" {
		return os.MkdirTemp("", "scoreboard-")
	}
	dir := filepath.Join(parent, fmt.Sprintf("%s-%d", strings.ReplaceAll(t.name(), " ", "-"), t.order.Run))
	return dir, os.MkdirAll(dir, 0o755)
}

// writeJSON writes all there is, as one object.
func writeJSON(w io.Writer, b *board, s score) error {
	type run struct {
		order
		Kind    string   `json:"kind,omitempty"` // what is to be found
		Sites   []string `json:"sites,omitempty"`
		Verdict string   `json:"verdict"`
		report
	}
	out := struct {
		Runs  []run `json:"runs"`
		Score score `json:"score"`
		Good  bool  `json:"goals_reached"`
	}{Score: s, Good: s.reached()}
	for _, v := range b.verdicts {
		out.Runs = append(out.Runs, run{v.task.order, v.task.scenario.Kind, v.task.scenario.Sites, v.word(), v.report})
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(out)
}
