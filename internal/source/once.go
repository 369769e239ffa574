package source

import (
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// GlobalOnce returns what a sync.Once at a line is called, and whether it is a package's variable or in one,
// so that what is begun in it lives as long as the program: a line with X.Do(f), or with a call
// of what sync.OnceFunc, OnceValue or OnceValues made. It goes by the name at the beginning of X: a
// parameter that points to such a variable is none. Nothing is known of a line with two, or where the
// name is declared nowhere in the package's files. The caller knows from the stack that there is a
// Once at this line: other things have a method Do too.
func (f *Files) GlobalOnce(path string, line int) (name string, global, known bool) {
	s := f.file(path)
	search := search{file: s, at: line}
	type once struct {
		x    ast.Expr
		made bool // by sync.OnceFunc or its like
	}
	var found []once
	s.inspect(line, func(n ast.Node) {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(found) > 1 || !search.isAt(call) {
			return
		}
		switch fun := ast.Unparen(call.Fun).(type) {
		case *ast.SelectorExpr:
			if fun.Sel.Name == "Do" && len(call.Args) == 1 {
				found = append(found, once{fun.X, false})
			}
		case *ast.Ident:
			if len(call.Args) == 0 && f.isOnceFunc(path, fun) {
				found = append(found, once{fun, true})
			}
		}
	})
	if len(found) != 1 {
		return "", false, false
	}
	root, field := rootOf(found[0].x)
	if root == nil {
		return "", false, false
	}
	name = s.operand(found[0].x)
	switch {
	case root.Obj != nil && root.Obj.Kind != ast.Var:
		return "", false, false
	case root.Obj != nil:
		return name, s.tree.Scope.Lookup(root.Name) == root.Obj, true
	}
	if _, _, ok := f.variable(path, root.Name); ok {
		return name, true, true
	}
	if field && s.imported(root.Name) != "" {
		return name, true, true // another package's
	}
	return "", false, false
}

// rootOf returns the name that an expression begins with, and whether it is of something behind it. What a call
// returns has none.
func rootOf(e ast.Expr) (root *ast.Ident, field bool) {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x, field
		case *ast.SelectorExpr:
			e, field = x.X, true
		case *ast.IndexExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.UnaryExpr:
			if x.Op != token.AND {
				return nil, false
			}
			e = x.X
		default:
			return nil, false
		}
	}
}

// isOnceFunc reports whether a name is that of a variable that is declared with what sync.OnceFunc or its like
// returns.
func (f *Files) isOnceFunc(path string, id *ast.Ident) bool {
	s := f.file(path)
	if id.Obj == nil {
		in, spec, ok := f.variable(path, id.Name)
		return ok && in.makesOnce(valueOf(spec, id.Name))
	}
	switch decl := id.Obj.Decl.(type) {
	case *ast.ValueSpec:
		return s.makesOnce(valueOf(decl, id.Name))
	case *ast.AssignStmt:
		for i, l := range decl.Lhs {
			if l, ok := l.(*ast.Ident); ok && l.Name == id.Name && len(decl.Rhs) == len(decl.Lhs) {
				return s.makesOnce(decl.Rhs[i])
			}
		}
	}
	return false
}

func (s *file) makesOnce(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	return ok && s.isOf(call.Fun, "sync", "OnceFunc", "OnceValue", "OnceValues")
}

// valueOf returns what a variable is declared with, nil if nothing of its own.
func valueOf(spec *ast.ValueSpec, name string) ast.Expr {
	i := slices.IndexFunc(spec.Names, func(id *ast.Ident) bool { return id.Name == name })
	if i < 0 || len(spec.Values) != len(spec.Names) {
		return nil
	}
	return spec.Values[i]
}

// variable looks for a package's variable in the package's other files, those of other systems too.
func (f *Files) variable(path, name string) (in *file, spec *ast.ValueSpec, ok bool) {
	own := f.file(path)
	dir := filepath.Dir(path)
	if own.tree == nil {
		return nil, nil, false
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, false
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		s := f.file(filepath.Join(dir, e.Name()))
		if s.tree == nil || s.tree.Name.Name != own.tree.Name.Name {
			continue
		}
		if o := s.tree.Scope.Lookup(name); o != nil {
			spec, ok := o.Decl.(*ast.ValueSpec)
			return s, spec, ok && o.Kind == ast.Var
		}
	}
	return nil, nil, false
}
