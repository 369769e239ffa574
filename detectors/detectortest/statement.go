package detectortest

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// A statement is a line of a text and the lines below it that are indented further.
type statement struct {
	number int // of the line, from 1
	text   string
	indent int
	block  []*statement
	whole  string // the text with the block's, once it was asked for
	splits bool   // the ends of its lines mean something
}

// split takes a text apart.
func split(file, text string) []*statement {
	fail := func(line int, problemText string) { panic(&problem{file, line, problemText}) }
	if len(text) > maxText {
		fail(1, "the text is too long: it may have "+strconv.Itoa(maxText)+" bytes")
	}
	root := &statement{indent: -1}
	open := []*statement{root} // those that the next line may be in
	for i, line := range strings.Split(text, "\n") {
		number := i + 1
		if !utf8.ValidString(line) {
			fail(number, "the line is not UTF-8")
		}
		line = strings.TrimRight(uncomment(line), " \t\r")
		body := strings.TrimLeft(line, " \t")
		if body == "" {
			continue
		}
		st := &statement{number: number, text: body, indent: indentOf(line[:len(line)-len(body)])}
		for st.indent <= open[len(open)-1].indent {
			open = open[:len(open)-1]
		}
		in := open[len(open)-1]
		if len(in.block) > 0 && in.block[0].indent != st.indent {
			fail(number, "the line is indented otherwise than line "+strconv.Itoa(in.block[0].number)+", in whose block it is")
		}
		if in == root && st.indent != 0 {
			fail(number, "the first line is indented, and there is none above that it could belong to")
		}
		if len(open) > maxDepth {
			fail(number, "blocks in blocks are too deep")
		}
		in.block = append(in.block, st)
		open = append(open, st)
	}
	return root.block
}

// indentOf returns how far a line is indented. A tab goes on to the next multiple of
// eight.
func indentOf(blank string) (n int) {
	for _, c := range blank {
		if c == '\t' {
			n += 8 - n%8
			continue
		}
		n++
	}
	return n
}

// uncomment cuts a line before a # that stands at its beginning or after a blank, and in
// no text in quotes or slashes.
func uncomment(line string) string {
	for i := 0; i < len(line); i++ {
		after := i == 0 || line[i-1] == ' ' || line[i-1] == '\t'
		switch line[i] {
		case '#':
			if after {
				return line[:i]
			}
		case '"', '`':
			if quoted, err := strconv.QuotedPrefix(line[i:]); err == nil {
				i += len(quoted) - 1
			}
		case '/':
			if _, n := regexpPrefix(line[i:]); after && n > 0 && (i+n == len(line) || line[i+n] == ' ') {
				i += n - 1
			}
		}
	}
	return line
}
