package source

import (
	"go/ast"
	"go/scanner"
	"go/token"
	"strings"
)

// source returns the text of a part of the tree, in one line and without comments.
func (s *file) source(n ast.Node) string { return s.between(n.Pos(), n.End()) }

// between is source of what is between two places.
func (s *file) between(from, to token.Pos) string {
	base := token.Pos(s.pos.Base())
	if from < base || to < from || int(to-base) > len(s.text) {
		return ""
	}
	text := s.text[from-base : to-base]
	var sc scanner.Scanner
	set := token.NewFileSet()
	in := set.AddFile("", -1, len(text))
	sc.Init(in, text, func(token.Position, string) {}, 0)
	var b []byte
	end, before := 0, token.ILLEGAL // of the token before
	for {
		pos, tok, lit := sc.Scan()
		if tok == token.EOF {
			return string(b)
		}
		if tok == token.SEMICOLON && lit == "\n" {
			continue // where a line ends
		}
		if lit == "" {
			lit = tok.String()
		}
		at := in.Offset(pos)
		if gap := string(text[end:at]); gap != "" && end > 0 && (strings.Trim(gap, " ") == "" || !fits(before, tok)) {
			b = append(b, ' ')
		}
		if before == token.COMMA && (tok == token.RPAREN || tok == token.RBRACE) {
			b = b[:len(b)-1] // gofmt wants one where lines end
		}
		end, before = at+len(lit), tok
		if strings.Contains(lit, "\n") { // a raw text
			lit = strings.Join(strings.Fields(lit), " ")
		}
		b = append(b, lit...)
	}
}

// fits reports whether two tokens stand without a space between them where a line ends between them.
func fits(before, tok token.Token) bool {
	switch before {
	case token.LPAREN, token.LBRACK, token.LBRACE, token.PERIOD:
		return true
	}
	switch tok {
	case token.RPAREN, token.RBRACK, token.RBRACE, token.PERIOD:
		return true
	}
	return false
}

// short cuts a text at so many characters.
func short(s string, characters int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	n := 0
	for i := range s {
		if n == characters {
			return s[:i] + "…"
		}
		n++
	}
	return s
}
