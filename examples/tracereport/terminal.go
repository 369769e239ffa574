package main

import (
	"io"
	"os"
	"strconv"
)

// console is a terminal.
type console struct {
	columns int  // 0: not known
	colors  bool // it understands the escape sequences of ANSI
}

// The narrowest and the usual terminal.
const (
	narrowest    = 20
	usualColumns = 80
)

// consoleOf returns the terminal that is written to, false if it is none.
func consoleOf(w io.Writer) (console, bool) {
	f, ok := w.(*os.File)
	if !ok {
		return console{}, false
	}
	return consoleAt(f.Fd())
}

// columns is how wide a terminal is.
func (p *program) columns(c console) int {
	if n, err := strconv.Atoi(p.env("COLUMNS")); err == nil && n > 0 {
		return max(n, narrowest)
	}
	if c.columns > 0 {
		return max(c.columns, narrowest)
	}
	return usualColumns
}

// page makes an empty page for standard output.
func (p *program) page() *page {
	c, ok := p.console(p.stdout)
	if !ok {
		return &page{}
	}
	return &page{width: p.columns(c), color: c.colors && p.env("NO_COLOR") == "" && p.env("TERM") != "dumb"}
}
