package source

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/gotracewatch/tracewatch/internal/limits"
)

// Files reads source files, each once, and keeps them for one report. It is used by one goroutine at a
// time.
type Files struct {
	files map[string]*file
	bytes int // of all of them
}

// NewFiles returns a Files that has read nothing.
func NewFiles() *Files { return &Files{files: make(map[string]*file)} }

// file is a source file. Of one that cannot be read or parsed, text or tree are nil.
type file struct {
	text []byte
	pos  *token.File
	tree *ast.File
}

// Line returns a line of a file without the space around it, cut at limits.SourceLine characters, or ""
// if it is not known. Lines are counted from 1.
func (f *Files) Line(path string, line int) string {
	s := f.file(path)
	for l := range bytes.Lines(s.text) {
		if line--; line == 0 {
			return short(string(bytes.TrimSpace(l)), limits.SourceLine)
		}
	}
	return ""
}

// file returns a file, as much of it as can be had.
func (f *Files) file(path string) *file {
	if s, ok := f.files[path]; ok {
		return s
	}
	s := new(file)
	if len(f.files) < limits.SourceFiles {
		f.files[path] = s
		s.text = read(path, min(limits.SourceBytes, limits.SourceTotal-f.bytes))
		f.bytes += len(s.text)
		s.parse()
	}
	return s
}

// read returns what is in a Go file that has so many bytes at most. Paths of a build with -trimpath are
// not absolute: what they name in the working directory, if anything, is another file.
func read(path string, limit int) []byte {
	if !filepath.IsAbs(path) || !strings.HasSuffix(path, ".go") {
		return nil
	}
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() || info.Size() > int64(limit) {
		return nil // opening a pipe would wait for whoever writes to it
	}
	in, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer in.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(io.LimitReader(in, int64(limit)+1))
	if err != nil || len(text) > limit {
		return nil
	}
	return text
}

// parse makes a tree of the text. A file with line directives has none: the lines of its stacks are not
// those that it has.
func (s *file) parse() {
	if s.text == nil || bytes.Contains(s.text, []byte("//line ")) || bytes.Contains(s.text, []byte("/*line ")) {
		return
	}
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, "", s.text, 0)
	if err != nil {
		return
	}
	s.tree, s.pos = tree, set.File(tree.FileStart)
}

// line returns the line of a place in the file.
func (s *file) line(p token.Pos) int {
	if !p.IsValid() {
		return 0
	}
	return s.pos.Line(p)
}

// inspect visits what may be at a line: it leaves out functions and blocks that do not go over it. A hostile file
// may have expressions in expressions a hundred thousand deep, in which asking each one for
// its beginning, as [ast.Node] has it, takes hours.
func (s *file) inspect(line int, visit func(ast.Node)) {
	if s.tree == nil {
		return
	}
	ast.Inspect(s.tree, func(n ast.Node) bool {
		switch n := n.(type) {
		case nil:
			return false
		case *ast.FuncDecl:
			if n.Body != nil && (s.line(n.Pos()) > line || s.line(n.Body.Rbrace) < line) {
				return false
			}
		case *ast.BlockStmt:
			if s.line(n.Lbrace) > line || s.line(n.Rbrace) < line {
				return false
			}
		}
		visit(n)
		return true
	})
}

// begins returns the line at which an expression begins, 0 if that is too far to the left.
func (s *file) begins(e ast.Expr) int {
	for range 100 {
		switch x := e.(type) {
		case *ast.CallExpr:
			e = x.Fun
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.TypeAssertExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		case *ast.BinaryExpr:
			e = x.X
		case *ast.CompositeLit:
			if x.Type == nil {
				return s.line(x.Lbrace)
			}
			e = x.Type
		default:
			return s.line(e.Pos())
		}
	}
	return 0
}
