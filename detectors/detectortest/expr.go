package detectortest

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// A value is a number, or a duration in nanoseconds. A float64 holds the nanoseconds of a
// hundred days exactly.
type value struct {
	v      float64
	timely bool // it is a duration
}

func (v value) kind() string {
	if v.timely {
		return "a duration"
	}
	return "a number"
}

// A scope holds the values of names. A block's scope goes back to what it was at the
// block's end.
type scope map[string]value

var units = map[string]value{
	"ns": {1, true}, "us": {1e3, true}, "µs": {1e3, true}, "μs": {1e3, true}, "ms": {1e6, true}, "s": {1e9, true},
	"min": {60e9, true}, "h": {3600e9, true},
	"kB": {1e3, false}, "KB": {1e3, false}, "MB": {1e6, false}, "GB": {1e9, false},
	"KiB": {1 << 10, false}, "MiB": {1 << 20, false}, "GiB": {1 << 30, false},
}

// expr reads an expression.
func (s *scanner) expr() value {
	a := s.sum()
	for {
		op := s.sign("==", "!=", "<=", ">=", "<", ">")
		if op == "" {
			return a
		}
		b := s.sum()
		if a.timely != b.timely {
			s.fail("%s and %s cannot be compared", a.kind(), b.kind())
		}
		a = truth(op, a.v, b.v)
	}
}

func truth(op string, a, b float64) value {
	var t bool
	switch op {
	case "==":
		t = a == b
	case "!=":
		t = a != b
	case "<":
		t = a < b
	case "<=":
		t = a <= b
	case ">":
		t = a > b
	case ">=":
		t = a >= b
	}
	if t {
		return value{v: 1}
	}
	return value{}
}

func (s *scanner) sum() value {
	a := s.product()
	for {
		s.space()
		if strings.HasPrefix(s.text[s.pos:], "+/-") {
			return a
		}
		op := s.sign("+", "-")
		if op == "" {
			return a
		}
		b := s.product()
		if a.timely != b.timely {
			s.fail("%s and %s cannot be added: a duration has a unit, as 20ms has", a.kind(), b.kind())
		}
		if op == "-" {
			b.v = -b.v
		}
		a.v += b.v
	}
}

func (s *scanner) product() value {
	a := s.factor()
	for {
		op := s.sign("*", "//", "/", "%")
		if op == "" {
			return a
		}
		b := s.factor()
		switch {
		case op == "*" && a.timely && b.timely:
			s.fail("durations cannot be multiplied")
		case op != "*" && b.timely && !a.timely:
			s.fail("a number cannot be divided by a duration")
		case op != "*" && b.v == 0:
			s.fail("division by zero")
		case op == "%" && a.timely != b.timely:
			s.fail("the rest of a duration takes a duration to divide by")
		}
		switch op {
		case "*":
			a = value{a.v * b.v, a.timely || b.timely}
		case "/":
			a = value{a.v / b.v, a.timely && !b.timely}
		case "//":
			a = value{math.Floor(a.v / b.v), a.timely && !b.timely}
		default:
			a.v -= b.v * math.Floor(a.v/b.v)
		}
	}
}

func (s *scanner) factor() value {
	if s.deep++; s.deep > maxDepth {
		s.fail("the expression is too deep")
	}
	defer func() { s.deep-- }()
	switch {
	case s.sign("-") != "":
		v := s.factor()
		v.v = -v.v
		return v
	case s.sign("(") != "":
		v := s.expr()
		if s.sign(")") == "" {
			s.unexpected(")")
		}
		return v
	}
	if v, ok := s.literal(); ok {
		return v
	}
	n := s.peek()
	v, ok := s.vars[n]
	if n == "" {
		s.unexpected("a number or a duration")
	}
	if !ok {
		s.fail("nothing is called %s here: a name gets a value with let, or with as in a repetition", n)
	}
	s.pos += len(n)
	return v
}

// literal reads a number, with a unit or without.
func (s *scanner) literal() (value, bool) {
	s.space()
	rest := s.text[s.pos:]
	n := 0
	for n < len(rest) && (rest[n] >= '0' && rest[n] <= '9' || rest[n] == '.' || rest[n] == '_' ||
		n > 0 && (rest[n] == 'e' && n+1 < len(rest) && strings.IndexByte("0123456789-+", rest[n+1]) >= 0 ||
			(rest[n] == '-' || rest[n] == '+') && rest[n-1] == 'e')) {
		n++
	}
	if n == 0 || rest[0] == '_' {
		return value{}, false
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(rest[:n], "_", ""), 64)
	if err != nil || math.IsInf(f, 0) {
		s.fail("%q is not a number", rest[:n])
	}
	s.pos += n
	v := value{v: f}
	if s.pos < len(s.text) {
		if r := s.text[s.pos]; r == ' ' || r == '\t' || r == '\n' {
			return v, true
		}
	}
	if u := s.peek(); u != "" && u != "ppm" {
		unit, ok := units[u]
		if !ok {
			s.fail("%s%s: there is no unit %s; durations have ns, us, ms, s, min or h, sizes kB, MB, GB, KiB, MiB or GiB", rest[:n], u, u)
		}
		s.pos += len(u)
		v = value{f * unit.v, unit.timely}
	}
	return v, true
}

// duration reads an expression that is one.
func (s *scanner) duration(what string) time.Duration {
	v := s.expr()
	if !v.timely {
		if v.v == 0 {
			return 0
		}
		s.fail("%s is a duration and has a unit: ns, us, ms, s, min or h", what)
	}
	const most = 1000 * float64(24*time.Hour)
	if !(math.Abs(v.v) < most) {
		s.fail("%s is longer than a thousand days", what)
	}
	return time.Duration(math.Round(v.v))
}

// count reads an expression that is a whole number from least to most.
func (s *scanner) count(what string, least, most uint64) uint64 {
	v := s.expr()
	switch {
	case v.timely:
		s.fail("%s is a number, not a duration", what)
	case !(v.v >= float64(least) && v.v <= float64(most)):
		s.fail("%s is %v and must lie between %d and %d", what, v.v, least, most)
	case v.v != math.Trunc(v.v):
		s.fail("%s is %v and must be a whole number (a // b divides and rounds down)", what, v.v)
	}
	return uint64(v.v)
}
