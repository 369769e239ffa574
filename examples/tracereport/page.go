package main

import (
	"bytes"
	"fmt"
	"strings"
)

// A page is text that is printed. All of it goes through line, which lets nothing through but text, makes it
// fit and gives it colours.
type page struct {
	bytes.Buffer
	width int // of the terminal; 0: it is none, and lines are as long as they are
	color bool
}

// style is how a piece of text looks where there are colours: the parameters of the escape sequence.
type style string

const (
	plain  style = ""
	bold   style = "1"
	dim    style = "2"
	red    style = "1;31"
	green  style = "32"
	yellow style = "33"
	cyan   style = "36"
)

// piece is text of one style.
type piece struct {
	text  string
	style style
}

// line writes a line. On a terminal, one that does not fit is cut.
func (p *page) line(pieces ...piece) {
	var b bytes.Buffer
	room, all := p.width, 0
	for i := range pieces {
		pieces[i].text = clean(pieces[i].text)
	}
	for n := len(pieces); n > 0; n-- { // nothing is behind the last word
		last := &pieces[n-1]
		if last.text = strings.TrimRight(last.text, " "); last.text != "" {
			break
		}
	}
	for _, x := range pieces {
		all += columns(x.text)
	}
	for _, x := range pieces {
		text := x.text
		if p.width > 0 && all > p.width { // the cut comes in this piece, or in one after it
			if w := columns(text); w > room-1 {
				text = cut(text, room-1) // which ends with the ellipsis, if it was not just as long
				if !strings.HasSuffix(text, "…") {
					text += "…"
				}
				b.WriteString(p.styled(text, x.style))
				break
			} else {
				room -= w
			}
		}
		b.WriteString(p.styled(text, x.style))
	}
	p.Write(b.Bytes())
	p.WriteByte('\n')
}

func (p *page) styled(text string, s style) string {
	if !p.color || s == plain || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// text writes a line without colours.
func (p *page) text(format string, args ...any) {
	p.line(piece{fmt.Sprintf(format, args...), plain})
}

// heading begins a section.
func (p *page) heading(text string) {
	p.WriteByte('\n')
	p.line(piece{"── " + text + " ──", bold})
}

// prose writes sentences: behind a label, and on a terminal in as many lines as they need, each
// below the first one's beginning.
func (p *page) prose(label piece, text string, s style) {
	label.text, text = clean(label.text), clean(text)
	indent := columns(label.text)
	if p.width == 0 {
		p.line(label, piece{text, s})
		return
	}
	if indent > p.width/2 { // a terminal so narrow that it would be a column of single words
		p.line(label)
		label, indent = piece{"  ", plain}, 2
	}
	for _, l := range wrap(text, p.width-indent) {
		p.line(label, piece{l, s})
		label = piece{strings.Repeat(" ", indent), plain}
	}
}

// wrap breaks a text into lines. A word that is longer than a line is broken too.
func wrap(text string, width int) (lines []string) {
	var b strings.Builder
	at := 0
	end := func() {
		lines = append(lines, b.String())
		b.Reset()
		at = 0
	}
	for _, word := range strings.Fields(text) {
		n := columns(word)
		if at > 0 && at+1+n > width {
			end()
		}
		if at > 0 {
			b.WriteByte(' ')
			at++
		}
		for _, r := range word {
			w := runeColumns(r)
			if at+w > width && at > 0 {
				end()
			}
			b.WriteRune(r)
			at += w
		}
	}
	end()
	return lines
}

// across is how wide something is that is made to fit, such as a bar.
func (p *page) across() int {
	if p.width == 0 {
		return 100
	}
	return min(p.width, 120)
}

// row is a row of a table: numbers, and behind them what they are of, which may be long.
type row struct {
	cells []string
	of    string
	style style // of what they are of
}

// table writes rows below each other, the numbers to the right of their columns.
func (p *page) table(head row, rows []row) {
	widths := make([]int, len(head.cells))
	all := append([]row{head}, rows...)
	for _, r := range all {
		for i, c := range r.cells {
			widths[i] = max(widths[i], columns(clean(c)))
		}
	}
	for i, r := range all {
		var b strings.Builder
		for j, c := range r.cells {
			c = clean(c)
			fmt.Fprintf(&b, "  %s%s", strings.Repeat(" ", widths[j]-columns(c)), c)
		}
		if i == 0 {
			p.line(piece{b.String() + "  " + r.of, dim})
			continue
		}
		p.line(piece{b.String() + "  ", plain}, piece{r.of, r.style})
	}
}
