// Tracereport reads an execution trace of Go and says what was wrong, why, and where the time went; of two,
// what became slower from one to the other.
//
//	go run ./examples/tracereport trace.out
//	go run ./examples/tracereport before.out after.out
//	go run ./examples/tracereport -json trace.out
//	go run ./examples/tracereport -html page.html -svg heat.svg trace.out
//	go run ./examples/tracereport -goroutine 717 -since 2s -until 3s trace.out
//	go run ./examples/tracereport -prom trace.out
//	curl -s localhost:6060/debug/pprof/trace?seconds=5 | go run ./examples/tracereport -
//
// Its exit status is 0 if nothing was found, 1 if something was, and 2 if it could not do what it was asked.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait for anything
	status := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// The exit statuses.
const (
	statusFine   = 0
	statusFound  = 1
	statusBroken = 2 // not all of what was asked for could be done
)

// run is the whole program but for its process.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	p := program{stdin: stdin, stdout: stdout, stderr: stderr, console: consoleOf, env: os.Getenv, now: time.Now}
	return p.run(ctx, args)
}

// program is what the command has of the world around it.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	console        func(io.Writer) (console, bool) // what it is if it is a terminal
	env            func(string) string
	now            func() time.Time
}

func (p *program) run(ctx context.Context, args []string) int {
	o, err := parse(args)
	if errors.Is(err, flag.ErrHelp) {
		if _, err := io.WriteString(p.stdout, usage()); err != nil {
			p.say("writing: %v", err)
			return statusBroken
		}
		return statusFine
	}
	if err != nil {
		p.say("%v\n-h explains how it is used.", err)
		return statusBroken
	}
	if err := o.checkOutputs(); err != nil { // found out before the work, not after it
		p.say("%v", err)
		return statusBroken
	}
	status := p.report(ctx, &o)
	if ctx.Err() != nil {
		p.say("interrupted, nothing is printed or written")
		return statusBroken
	}
	return status
}

// report reads what is to be read and prints and writes what is asked for.
func (p *program) report(ctx context.Context, o *options) int {
	readings := make([]*reading, len(o.files))
	for i := range o.files {
		readings[i] = p.read(ctx, o, o.files[i])
		if ctx.Err() != nil {
			return statusBroken
		}
		if r := readings[i]; r.err != nil {
			p.complain(r)
		}
		if readings[i].report == nil {
			return statusBroken
		}
	}
	f := judge(o, readings)
	staged, err := o.stage(ctx, f)
	if err != nil {
		p.say("%v", err)
		return statusBroken
	}
	defer staged.discard()
	var text bytes.Buffer
	if err := p.print(ctx, &text, o, f); err != nil {
		p.say("%v", err)
		return statusBroken
	}
	if ctx.Err() != nil {
		return statusBroken
	}
	if err := staged.commit(); err != nil {
		p.say("%v", err)
		return statusBroken
	}
	if _, err := p.stdout.Write(text.Bytes()); err != nil {
		p.say("writing the report: %v", err)
		return statusBroken
	}
	for _, problem := range f.problems {
		p.say("%s", problem)
	}
	return f.status()
}

// print writes what standard output gets.
func (p *program) print(ctx context.Context, w io.Writer, o *options, f *findings) error {
	switch {
	case o.stdout != nil:
		return o.stdout.write(ctx, w, f.last())
	case o.json:
		return printJSON(w, f)
	case o.prom:
		return printMetrics(ctx, w, f.last().report)
	}
	page := p.page()
	page.all(o, f)
	_, err := w.Write(page.Bytes())
	return err
}

// say tells whoever started it what they should know. Nothing in it gets through to a terminal as anything
// but text.
func (p *program) say(format string, args ...any) {
	text := cleanLines(fmt.Sprintf(format, args...))
	fmt.Fprintf(p.stderr, "tracereport: %s\n", text)
}
