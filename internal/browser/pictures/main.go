// Pictures makes the pictures of the README: it starts a service with a fault and a watcher of it, opens the debug
// page in Chromium, and takes pictures of that.
//
//	go run ./pictures
//	go run ./pictures -out DIR
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/gotracewatch/tracewatch/internal/browser"
	"github.com/gotracewatch/tracewatch/internal/scenario/shop"
)

func main() {
	out, err := parse(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, out, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
}

const usage = `Pictures makes the pictures of the debug page that the README shows: heatmap.png, requests.png and
dark.png, of a service whose Ps are occupied. It takes half a minute, and needs Debian's chromium.

  go run ./pictures              in internal/browser
  go run ./pictures -out DIR

The flags:
`

func parse(args []string, stderr io.Writer) (out string, err error) {
	fs := flag.NewFlagSet("pictures", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&out, "out", "pictures", "`directory` to write them to")
	fs.Usage = func() {
		fmt.Fprint(stderr, usage)
		fs.PrintDefaults()
	}
	if err := fs.Parse(args); err != nil {
		return "", err
	}
	if fs.NArg() > 0 {
		return "", fmt.Errorf("unexpected argument %q; see -h", fs.Arg(0))
	}
	if info, err := os.Stat(out); err != nil || !info.IsDir() {
		return "", fmt.Errorf("%s is not a directory: run it in internal/browser, or say -out", out)
	}
	return out, nil
}

// run makes the pictures, and leaves nothing else behind.
func run(ctx context.Context, out string, stdout io.Writer) (err error) {
	dumps, err := os.MkdirTemp("", "tracewatch-pictures-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dumps)
	b, err := browser.Open(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	s, err := browser.Start(ctx, shop.Sched, dumps, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Stop()) }()
	t, err := b.Open(width, height, nil)
	if err != nil {
		return err
	}
	defer t.Close()
	fmt.Fprintln(stdout, "waiting until the page has something to show")
	if err := prepare(t, s.URL); err != nil {
		return interrupted(ctx, err)
	}
	for _, p := range pictures {
		data, err := p.take(t)
		if err != nil {
			return interrupted(ctx, fmt.Errorf("%s: %w", p.name, err))
		}
		if len(data) > mostBytes {
			return fmt.Errorf("%s has %d bytes, more than %d: too much for a README", p.name, len(data), mostBytes)
		}
		file := filepath.Join(out, p.name)
		if err := os.WriteFile(file, data, 0o644); err != nil {
			return err
		}
		fmt.Fprintf(stdout, "%s, %d kB\n", file, len(data)/1000)
	}
	return nil
}

// interrupted says that, instead of what failed because of it.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	return err
}
