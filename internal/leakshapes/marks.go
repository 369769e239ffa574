package leakshapes

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// A Mark is a line that starts goroutines which stay: the innermost line that is not the standard
// library's.
type Mark struct {
	File       string // as the stacks of this program have it
	Line       int
	Goroutines int // how many of those it starts stay
}

// stays is a mark in the source.
var stays = regexp.MustCompile(`^// stays( [1-9][0-9]*)?$`)

// Marks reads the shape's marks out of its source, which has to be where it was when the program
// was built. A healthy shape has none. For what a timer starts, no line runs at that time:
// the mark is where the timer was set.
func (s Shape) Marks() ([]Mark, error) {
	_, here, _, ok := runtime.Caller(0)
	if !ok {
		return nil, errors.New("the program does not know its source")
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(here), "*.go"))
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		if begin, end, ok := s.extent(f); ok {
			return marks(set, f, begin, end), nil
		}
	}
	return nil, fmt.Errorf("no function %s that returns a shape in %s", s.function(), filepath.Dir(here))
}

// function is the name of the function that returns the shape.
func (s Shape) function() string {
	words := strings.Split(s.Name, "-")
	for i, w := range words[1:] {
		words[i+1] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, "")
}

// extent is the part of a file that is the shape's: from its function to the next shape's.
func (s Shape) extent(f *ast.File) (begin, end token.Pos, ok bool) {
	for _, d := range f.Decls {
		d, isFunc := d.(*ast.FuncDecl)
		if !isFunc || !returnsShape(d) {
			continue
		}
		if ok {
			return begin, d.Pos(), true
		}
		if d.Name.Name == s.function() {
			begin, ok = d.Pos(), true
		}
	}
	return begin, f.FileEnd, ok
}

func returnsShape(d *ast.FuncDecl) bool {
	r := d.Type.Results
	if d.Recv != nil || r == nil || len(r.List) != 1 {
		return false
	}
	name, ok := r.List[0].Type.(*ast.Ident)
	return ok && name.Name == "Shape"
}

func marks(set *token.FileSet, f *ast.File, begin, end token.Pos) []Mark {
	var found []Mark
	for _, group := range f.Comments {
		for _, c := range group.List {
			m := stays.FindStringSubmatch(c.Text)
			if c.Pos() < begin || c.Pos() >= end || m == nil {
				continue
			}
			n, err := strconv.Atoi(strings.TrimSpace(m[1]))
			if err != nil {
				n = 1 // it says no number
			}
			p := set.Position(c.Pos())
			found = append(found, Mark{File: p.Filename, Line: p.Line, Goroutines: n})
		}
	}
	slices.SortFunc(found, func(a, b Mark) int { return cmp.Compare(a.Line, b.Line) })
	return found
}
