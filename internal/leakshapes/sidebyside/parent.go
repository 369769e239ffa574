package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gotracewatch/tracewatch/internal/leakshapes"
)

// A manner says how children run.
type manner struct {
	runs       int // of a healthy shape; a leaking one runs once
	neighbours int
	deadline   time.Duration
}

// fill runs a process for each shape and checker, one after another, because they are timed.
func fill(ctx context.Context, t *table, shapes []leakshapes.Shape, m manner) (err error) {
	dir, err := os.MkdirTemp("", "sidebyside")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	p := progress{whole: len(shapes) * len(t.columns)}
	defer p.end()
	for _, s := range shapes {
		row := row{shape: s}
		for _, c := range t.columns {
			p.step(s.Name + ", " + c.name)
			cell := ask(ctx, dir, c, s, m)
			if ctx.Err() != nil {
				return errors.New("interrupted")
			}
			row.cells = append(row.cells, cell)
		}
		t.rows = append(t.rows, row)
	}
	return nil
}

// A cell is what became of a shape under a checker.
type cell struct {
	report
	broken string // why there is no report
}

// ask runs a child. Its temporary files are below dir, so that none stay, however it ends.
func ask(ctx context.Context, dir string, c competitor, s leakshapes.Shape, m manner) cell {
	if m.neighbours > 0 {
		switch {
		case s.Alone:
			return cell{report: report{Skipped: "runs alone"}}
		case c.alone:
			return cell{report: report{Skipped: "forbids t.Parallel"}}
		}
	}
	if s.Stays > 0 {
		m.runs = 1
	}
	self, err := os.Executable()
	if err != nil {
		return cell{broken: err.Error()}
	}
	ctx, cancel := context.WithTimeout(ctx, m.deadline)
	defer cancel()
	file := filepath.Join(dir, "report")
	if err := os.RemoveAll(file); err != nil {
		return cell{broken: err.Error()}
	}
	var said strings.Builder
	cmd := exec.CommandContext(ctx, self, childArg, c.name, s.Name, strconv.Itoa(m.runs), strconv.Itoa(m.neighbours), file)
	cmd.Env = append(os.Environ(), "TMPDIR="+dir, "TMP="+dir, "TEMP="+dir)
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.WaitDelay = time.Second // what a shape has started may hold the output
	ownGroup(cmd)
	err = cmd.Run()
	killGroup(cmd)
	switch {
	case ctx.Err() != nil:
		return cell{broken: fmt.Sprintf("not done after %v", m.deadline)}
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		return cell{broken: fmt.Sprintf("%v: %s", err, said.String())}
	}
	var r report
	b, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(b, &r)
	}
	if err != nil {
		return cell{broken: err.Error()}
	}
	return cell{report: r}
}

// progress says on standard error how far it is: on a terminal in one line.
type progress struct {
	whole, done int
	terminal    bool
}

func (p *progress) step(what string) {
	if p.done == 0 {
		info, err := os.Stderr.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	p.done++
	if p.terminal {
		fmt.Fprintf(os.Stderr, "\r\x1b[K%d of %d: %s", p.done, p.whole, what)
	} else {
		fmt.Fprintf(os.Stderr, "%d of %d: %s\n", p.done, p.whole, what)
	}
}

func (p *progress) end() {
	if p.terminal {
		fmt.Fprint(os.Stderr, "\r\x1b[K")
	}
}
