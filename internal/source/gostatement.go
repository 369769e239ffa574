package source

import (
	"go/ast"
	"strings"

	"github.com/gotracewatch/tracewatch/internal/limits"
)

// GoStatement returns the go statement at a line, without what is in its functions: "go c.poll(ctx)", "go
// func() {…}()". A call X.Go(f), as sync.WaitGroup and errgroup have it, counts as one. It is cut at
// limits.SourceLine characters, and "" if it is not known or the line has two. The line is that of the
// frame "created by", or another one that the statement goes over outside of its functions.
func (f *Files) GoStatement(path string, line int) string {
	s := f.file(path)
	var begin, over []ast.Node // those that begin there, and that go over the line; two are enough
	passed := make(map[*ast.CallExpr]bool)
	tried := 0
	s.inspect(line, func(n ast.Node) {
		var call *ast.CallExpr
		first := 0
		switch n := n.(type) {
		case *ast.GoStmt:
			call, first = n.Call, s.line(n.Go)
			passed[call] = true
		case *ast.CallExpr:
			if sel, ok := n.Fun.(*ast.SelectorExpr); !ok || sel.Sel.Name != "Go" || len(n.Args) == 0 || passed[n] {
				return
			}
			call, first = n, s.begins(n)
		default:
			return
		}
		switch {
		case first == 0 || first > line || s.line(call.Rparen) < line:
		case first == line && len(begin) < 2:
			begin = append(begin, n)
		case first < line && len(over) < 2:
			tried++
			if tried > 100 || !s.insideFunc(n, line) { // nobody writes so many within each other
				over = append(over, n)
			}
		}
	})
	switch {
	case len(begin) == 1:
		return s.head(begin[0])
	case len(begin) == 0 && len(over) == 1:
		return s.head(over[0])
	}
	return ""
}

// insideFunc reports whether a line is inside a function that a statement has in it.
func (s *file) insideFunc(n ast.Node, line int) (inside bool) {
	ast.Inspect(n, func(m ast.Node) bool {
		if lit, ok := m.(*ast.FuncLit); ok {
			inside = inside || s.line(lit.Body.Lbrace) < line && line < s.line(lit.Body.Rbrace)
			return false
		}
		return true
	})
	return inside
}

// head returns the text of a statement with an ellipsis for what is in its functions.
func (s *file) head(n ast.Node) string {
	var b strings.Builder
	from := n.Pos()
	ast.Inspect(n, func(m ast.Node) bool {
		lit, ok := m.(*ast.FuncLit)
		if !ok {
			return true
		}
		b.WriteString(s.between(from, lit.Body.Lbrace) + " {…}")
		from = lit.Body.Rbrace + 1
		return false
	})
	b.WriteString(s.between(from, n.End()))
	return short(b.String(), limits.SourceLine)
}
