package traceback

import (
	"math"
	"strings"

	"github.com/gotracewatch/tracewatch/detectors"
)

// header reads a goroutine's first line, whose forms are
//
//	goroutine 7 [chan receive (nil chan) (durable), 2 minutes, locked to thread, synctest bubble 3]:
//	goroutine 7 gp=0xc000002380 m=nil [select]:
//	goroutine 7 [select labels:{"key": "any text"}]:    until Go 1.26
//	goroutine 7 [select] {key: "any text"}:             since Go 1.27
//
// and returns what is behind the part that it reads, of which the runtime's has a colon at its end.
// Labels may have every character in them but the end of a line.
func header(line string) (g Goroutine, end string, ok bool) {
	line, ok = strings.CutPrefix(line, "goroutine ")
	if !ok {
		return g, "", false
	}
	id, line, ok := number(line)
	if !ok || id == 0 {
		return g, "", false
	}
	fields, line, ok := strings.Cut(line, " [")
	if !ok || fields != "" && !strings.HasPrefix(fields, " gp=") {
		return g, "", false
	}
	i := strings.IndexByte(line, ']')
	if j := strings.Index(line, " labels:{"); j >= 0 && (j < i || i < 0) {
		i = j
	}
	if i < 0 {
		return g, "", false
	}
	g.ID = detectors.GoID(id)
	state, additions, _ := strings.Cut(line[:i], ", ")
	g.state(state)
	for additions != "" {
		var a string
		a, additions, _ = strings.Cut(additions, ", ")
		g.addition(a)
	}
	return g, line[i:], true
}

// state takes what the runtime says of a goroutine's state.
func (g *Goroutine) state(s string) {
	for {
		var cut bool
		if s, cut = strings.CutSuffix(s, " (durable)"); cut {
			g.Durable = true
		} else if s, cut = strings.CutSuffix(s, " (leaked)"); cut {
			g.Leaked = true
		} else if s, cut = strings.CutSuffix(s, " (scan)"); !cut {
			g.State = s
			return
		}
	}
}

// addition takes one of those that stand behind the state.
func (g *Goroutine) addition(a string) {
	if bubble, ok := strings.CutPrefix(a, "synctest bubble "); ok {
		if n, rest, ok := number(bubble); ok && rest == "" {
			g.Bubble = n
		}
		return
	}
	if a == "locked to thread" {
		g.Locked = true
		return
	}
	if n, rest, ok := number(a); ok && rest == " minutes" && n <= math.MaxInt32 {
		g.Minutes = int(n)
	}
}

// number reads the digits that a text begins with, and returns what is behind them.
func number(s string) (n int64, rest string, ok bool) {
	i := 0
	for ; i < len(s) && '0' <= s[i] && s[i] <= '9'; i++ {
		digit := int64(s[i] - '0')
		if n > (math.MaxInt64-digit)/10 {
			return 0, s, false
		}
		n = 10*n + digit
	}
	return n, s[i:], i > 0
}
