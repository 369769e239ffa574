package detectortest

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A problem is what is wrong with a text. It is thrown by fail and caught by catch.
type problem struct {
	file string
	line int
	text string
}

func (p *problem) Error() string { return fmt.Sprintf("%s:%d: %s", p.file, p.line, p.text) }

// catch turns a problem that was thrown into an error.
func catch(err *error) {
	switch p := recover().(type) {
	case nil:
	case *problem:
		*err = p
	default:
		panic(p)
	}
}

// A scanner reads a statement from left to right.
type scanner struct {
	*statement
	file string
	text string // of the statement and, where its block is a part of it, of that; lines end with \n
	pos  int
	vars scope
	deep int // parentheses open

	counted, lines int // bytes of text, and the ends of lines in them
}

// line returns the line that is read.
func (s *scanner) line() int {
	if s.pos < s.counted {
		s.counted, s.lines = 0, 0
	}
	s.lines += strings.Count(s.text[s.counted:s.pos], "\n")
	s.counted = s.pos
	n := s.lines
	if n > 0 && s.pos == len(s.text) {
		n-- // after the last line's end
	}
	if n == 0 || n > len(s.block) {
		return s.number
	}
	return s.block[n-1].number
}

func (s *scanner) fail(format string, args ...any) {
	panic(&problem{s.file, s.line(), fmt.Sprintf(format, args...)})
}

// unexpected fails because something else should stand here.
func (s *scanner) unexpected(want string) {
	s.space()
	rest, _, _ := strings.Cut(s.text[s.pos:], "\n")
	if rest == "" {
		s.fail("the line ends where %s should be", want)
	}
	s.fail("%q where %s should be", cut(rest), want)
}

// cut shortens what is quoted from a text.
func cut(text string) string {
	const most = 40
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// space skips blanks. An end of a line is one but for a stack and for steps, which look
// for it themselves.
func (s *scanner) space() {
	for s.pos < len(s.text) && (s.text[s.pos] == ' ' || s.text[s.pos] == '\t' || s.text[s.pos] == '\n' && !s.splits) {
		s.pos++
	}
}

// end reports whether all was read.
func (s *scanner) end() bool {
	s.space()
	return s.pos == len(s.text) || s.splits && strings.TrimSpace(s.text[s.pos:]) == ""
}

func (s *scanner) mustEnd() {
	if !s.end() {
		s.unexpected("the end of the line")
	}
}

// sign reads one of the given signs, the first that fits, or returns "".
func (s *scanner) sign(signs ...string) string {
	s.space()
	for _, x := range signs {
		if strings.HasPrefix(s.text[s.pos:], x) {
			s.pos += len(x)
			return x
		}
	}
	return ""
}

func letter(r rune) bool { return r == '_' || unicode.IsLetter(r) }

// peek returns the name that stands here, or "".
func (s *scanner) peek() string {
	s.space()
	rest := s.text[s.pos:]
	for i, r := range rest {
		if !letter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return rest[:i]
		}
	}
	return rest
}

// name reads a name.
func (s *scanner) name(what string) string {
	n := s.peek()
	if n == "" {
		s.unexpected(what)
	}
	s.pos += len(n)
	return n
}

// word reads one of the given words, or returns "".
func (s *scanner) word(words ...string) string {
	n := s.peek()
	for _, w := range words {
		if n == w {
			s.pos += len(n)
			return w
		}
	}
	return ""
}

// want reads one of the given words.
func (s *scanner) want(words ...string) string {
	w := s.word(words...)
	if w == "" {
		s.unexpected(alternatives(words))
	}
	return w
}

func alternatives(words []string) string {
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// piece returns what stands here up to the next blank, comma or end of a line.
func (s *scanner) piece() string {
	s.space()
	rest := s.text[s.pos:]
	if i := strings.IndexAny(rest, " \t\n,"); i >= 0 {
		rest = rest[:i]
	}
	return rest
}

// str reads a string in quotes, if one stands here.
func (s *scanner) str() (text string, ok bool) {
	s.space()
	quoted, err := strconv.QuotedPrefix(s.text[s.pos:])
	if err != nil || quoted[0] == '\'' {
		if strings.HasPrefix(s.text[s.pos:], `"`) {
			s.fail("a text that begins with a quote has to end with one on the same line")
		}
		return "", false
	}
	text, err = strconv.Unquote(quoted)
	if err != nil {
		s.fail("%s: %v", quoted, err)
	}
	if len(text) > maxString || !utf8.ValidString(text) {
		s.fail("a text has at most %d bytes of UTF-8", maxString)
	}
	s.pos += len(quoted)
	return text, true
}

func (s *scanner) mustStr(what string) string {
	text, ok := s.str()
	if !ok {
		s.unexpected(what + ` in quotes`)
	}
	return text
}

// A matcher is a text that has to be part of another, or a regular expression that has to
// match it.
type matcher struct {
	not    bool
	exact  bool // the text has to be this
	text   string
	re     *regexp.Regexp
	source string
}

func (m *matcher) match(text string) bool {
	switch {
	case m.re != nil:
		return m.re.MatchString(text) != m.not
	case m.exact || m.text == "":
		return (text == m.text) != m.not
	default:
		return strings.Contains(text, m.text) != m.not
	}
}

// matcher reads "text", is "text" or /regexp/, with not before it or without.
func (s *scanner) matcher() *matcher {
	m := &matcher{not: s.word("not") != ""}
	m.exact = s.word("is") != ""
	var ok bool
	if m.text, ok = s.str(); ok {
		m.source = strconv.Quote(m.text)
		return m
	}
	expr, n := regexpPrefix(s.text[s.pos:])
	if n == 0 {
		s.unexpected(`"a part of the text" or /a regular expression/`)
	}
	var err error
	if m.re, err = regexp.Compile(expr); err != nil {
		s.fail("/%s/: %v", expr, err)
	}
	s.pos += n
	m.source = "/" + expr + "/"
	return m
}

// regexpPrefix returns the regular expression in slashes that a text begins with, and how
// many bytes of it that takes; none if there is none.
func regexpPrefix(text string) (expr string, n int) {
	if !strings.HasPrefix(text, "/") {
		return "", 0
	}
	for i := 1; i < len(text) && text[i] != '\n'; i++ {
		switch text[i] {
		case '\\':
			i++
		case '/':
			return strings.ReplaceAll(text[1:i], `\/`, "/"), i + 1
		}
	}
	return "", 0
}
