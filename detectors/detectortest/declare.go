package detectortest

import (
	"slices"
	"strings"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// read makes a scene of a text. What a text declares is read first, then what happens,
// then what is expected.
func read(file string, text []byte) (sc *scene, err error) {
	defer catch(&err)
	sc = newScene(file)
	all := split(file, string(text))
	first := make(map[string]int)
	for _, st := range all {
		s := sc.scan(st, sc.vars)
		what := s.peek()
		declare, ok := declarations[what]
		if !ok {
			if !slices.Contains([]string{"at", "every", "repeat", "if", "expect"}, what) {
				s.unexpected("a declaration (go, procs, window, windows, lose, clock, gc, let, stack, goroutine), a step (at), a repetition (every, repeat), if or expect")
			}
			continue
		}
		if slices.Contains([]string{"go", "procs", "window", "windows", "lose"}, what) {
			if line := first[what]; line != 0 {
				s.fail("line %d says %s already", line, what)
			}
			first[what] = st.number
		}
		s.pos += len(what)
		s = sc.whole(st, s.pos, what == "stack")
		declare(sc, s)
		s.mustEnd()
	}
	for w := range sc.lost {
		if w > sc.windows {
			panic(&problem{file, first["lose"], "there is no window " + itoa(w) + ": windows says that there are " + itoa(sc.windows)})
		}
	}
	if sc.goroutines*sc.windows > maxListed {
		panic(&problem{file, max(first["windows"], 1), itoa(sc.goroutines) + " goroutines in " + itoa(sc.windows) + " windows are too many: each is listed in every window"})
	}
	sc.said = make([]said, sc.windows+1)
	for _, st := range all {
		if s := sc.scan(st, sc.vars); s.word("at", "every", "repeat", "if") != "" {
			sc.happens(st, sc.vars, 0, false)
		}
	}
	for _, st := range all {
		if s := sc.scan(st, sc.vars); s.word("expect") != "" {
			sc.expect(sc.whole(st, s.pos, false))
		}
	}
	return sc, nil
}

// scan returns a scanner of a statement's own line.
func (sc *scene) scan(st *statement, vars scope) *scanner {
	return &scanner{statement: st, file: sc.file, text: st.text, vars: vars}
}

// whole returns a scanner of a statement and its block, whose lines are its further lines.
func (sc *scene) whole(st *statement, from int, splits bool) *scanner {
	return sc.wholeIn(st, from, splits, sc.vars)
}

func (sc *scene) wholeIn(st *statement, from int, splits bool, vars scope) *scanner {
	if st.whole == "" {
		var text strings.Builder
		text.WriteString(st.text)
		for _, line := range st.block {
			if len(line.block) > 0 {
				panic(&problem{sc.file, line.block[0].number, "the line is indented further than those of its block, which all belong to line " + itoa(st.number)})
			}
			text.WriteByte('\n')
			text.WriteString(line.text)
		}
		st.whole, st.splits = text.String(), splits
	}
	return &scanner{statement: st, file: sc.file, text: st.whole, pos: from, vars: vars}
}

var declarations = map[string]func(*scene, *scanner){
	"go": (*scene).declareVersion,
	"procs": func(sc *scene, s *scanner) {
		sc.procs = int(s.count("the number of Ps", 1, maxProcs))
	},
	"window": func(sc *scene, s *scanner) {
		sc.window = s.duration("the length of a window")
		if sc.window < 100*time.Microsecond || sc.window > time.Hour {
			s.fail("a window lasts from 100us to an hour")
		}
	},
	"windows": func(sc *scene, s *scanner) {
		sc.windows = int(s.count("the number of windows", 1, maxWindows))
	},
	"lose": func(sc *scene, s *scanner) {
		for {
			sc.lost[int(s.count("a window's number", 1, maxWindows))] = true
			if s.sign(",") == "" {
				return
			}
		}
	},
	"clock": (*scene).declareClock,
	"gc": func(sc *scene, s *scanner) {
		s.want("was")
		s.want("marking")
		sc.marking = true
	},
	"let": func(sc *scene, s *scanner) {
		let(s, sc.vars)
	},
	"stack":     (*scene).declareStack,
	"goroutine": (*scene).declareGoroutine,
}

// let reads NAME = EXPRESSION.
func let(s *scanner, vars scope) {
	name := s.name("a name")
	if _, ok := vars[name]; ok {
		s.fail("%s has a value already", name)
	}
	if len(vars) >= maxNames {
		s.fail("more than %d names have values", maxNames)
	}
	if s.sign("=") == "" {
		s.unexpected("=")
	}
	vars[name] = s.expr()
}

func (sc *scene) declareVersion(s *scanner) {
	text := s.piece()
	for v, names := range map[wire.Version][]string{
		wire.Go122: {"1.22"}, wire.Go123: {"1.23", "1.24"}, wire.Go125: {"1.25"}, wire.Go126: {"1.26", "1.27"},
	} {
		if slices.Contains(names, text) {
			sc.version = v
			s.pos += len(text)
			return
		}
	}
	s.unexpected("a release of Go from 1.22 to 1.27")
}

// declareGoroutine reads goroutine NAME[*COUNT] and what is said of it.
func (sc *scene) declareGoroutine(s *scanner) {
	g := &group{line: s.number, on: -1, name: s.name("the goroutine's name")}
	if other := sc.group[g.name]; other != nil {
		s.fail("line %d declares a goroutine %s already", other.line, g.name)
	}
	if g.name == "P" || isProc(g.name) || g.name == "main" {
		s.fail("%s cannot be a goroutine's name: P0, P1 … are Ps, and main creates those that are there at the beginning", g.name)
	}
	count := uint64(1)
	if g.many = s.sign("*") != ""; g.many {
		count = s.count("the number of goroutines", 0, maxGoroutines)
	}
	for !s.end() {
		switch s.want("begins", "by", "parks", "was") {
		case "begins":
			g.begins = sc.frames(s)
		case "by":
			g.creator = sc.frames(s)
		case "parks":
			g.parks, g.reason = true, s.reason()
			g.at = g.begins
			if s.word("at") != "" {
				g.at = sc.frames(s)
			}
		case "was":
			g.was = s.want("waiting", "runnable", "running", "syscall")
			sc.declareWas(s, g)
		}
	}
	switch {
	case g.was == "" && g.begins == nil:
		s.fail("where does %s begin? (begins main.work), or else what was it doing before the trace began? (was waiting at main.work)", g.name)
	case g.was != "" && g.parks:
		s.fail("%s was there before the trace: what it was doing is said by was, not by parks", g.name)
	}
	if g.creator == nil && g.was == "" {
		g.creator = []frame{{fn: "main.main"}}
	}
	if sc.goroutines += int(count); sc.goroutines > maxGoroutines {
		s.fail("there are more than %d goroutines", maxGoroutines)
	}
	for i := range count {
		g.gs = append(g.gs, &goroutine{group: g, index: int(i)})
	}
	sc.group[g.name] = g
	sc.groups = append(sc.groups, g)
}

// declareWas reads what a goroutine was doing before the trace: on what P, and where.
func (sc *scene) declareWas(s *scanner, g *group) {
	for {
		switch s.word("on", "at", "assisting") {
		case "on":
			g.on = sc.proc(s)
		case "at":
			g.at = sc.frames(s)
		case "assisting":
			g.assisting = true
		default:
			if g.was == "running" && g.on < 0 {
				s.fail("on which P was %s running? (was running on P0)", g.name)
			}
			if g.on >= 0 && (g.many || g.was != "running" && g.was != "syscall") {
				s.fail("only one goroutine that was running or in a syscall was on a P")
			}
			return
		}
	}
}

// reason reads why a goroutine parks, in the runtime's words. One that this release does
// not know is written with other before it.
func (s *scanner) reason() string {
	other := s.word("other") != ""
	text := s.mustStr("the reason")
	if !other && detectors.ParseReason(text) == detectors.ReasonOther {
		var known []string
		for r := detectors.ReasonUnspecified; r < detectors.NumReasons; r++ {
			known = append(known, r.String())
		}
		s.fail("the runtime has no reason %q to wait; it has %s (write other %[1]q if you mean it)", text, strings.Join(known, ", "))
	}
	return text
}

// isProc reports whether a name is that of a P: P0, P1, …
func isProc(name string) bool {
	return len(name) > 1 && name[0] == 'P' && strings.Trim(name[1:], "0123456789") == ""
}

// proc reads a P: P0, or P[expression].
func (sc *scene) proc(s *scanner) int {
	at := s.pos
	name := s.peek()
	s.pos += len(name)
	n := uint64(0)
	switch {
	case isProc(name):
		for _, c := range name[1:] {
			if n = n*10 + uint64(c-'0'); n > maxProcs {
				break
			}
		}
	case name == "P" && s.sign("[") != "":
		n = s.count("the number of a P", 0, maxProcs)
		if s.sign("]") == "" {
			s.unexpected("]")
		}
	default:
		s.pos = at
		s.unexpected("a P (P0, or P[i%2])")
	}
	if int(n) >= sc.procs {
		s.fail("there is no P%d: procs says that there are %d", n, sc.procs)
	}
	return int(n)
}

// goroutine reads a goroutine's name, with its index if it has one.
func (sc *scene) goroutine(s *scanner) *goroutine {
	name := s.name("a goroutine")
	g := sc.group[name]
	if g == nil {
		s.fail("there is no goroutine %s: declare it (goroutine %[1]s begins main.work)", name)
	}
	i := uint64(0)
	switch bracket := s.sign("[") != ""; {
	case bracket && !g.many:
		s.fail("there is only one %s: it has no index (or declare more: goroutine %[1]s*10)", name)
	case !bracket && g.many:
		s.fail("which of the %d? %s[0]", len(g.gs), name)
	case bracket:
		if i = s.count("an index", 0, maxGoroutines); i >= uint64(len(g.gs)) {
			s.fail("there is no %s[%d]: line %d declares %d, from %[1]s[0] on", name, i, g.line, len(g.gs))
		}
		if s.sign("]") == "" {
			s.unexpected("]")
		}
	}
	return g.gs[i]
}
