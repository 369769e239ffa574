package source

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"github.com/gotracewatch/tracewatch/internal/limits"
)

// A Kind is what a goroutine waits in.
type Kind int

// The kinds of operations. Unknown is that of a line that may mean two things, or none.
const (
	Unknown  Kind = iota
	Receive       // <-On
	Range         // for range On
	Send          // On <- value
	Select        // On is empty; Cases are what it waits for, none if it waits for ever
	Lock          // On.Lock()
	RLock         // On.RLock()
	Wait          // On.Wait() of a WaitGroup
	CondWait      // On.Wait() of a Cond
	Once          // On.Do(f): somebody else is in f
	Sleep         // time.Sleep(On)
	Call          // On(...), which does what the runtime's state says
)

// An Operation is what a goroutine waits for, as the source has it.
type Operation struct {
	Kind    Kind
	On      string      // the operand, in one line, cut at limits.SourceOperand characters: c.in, ctx.Done(), s.mu
	Context string      // X if a receive is from X.Done(), the form that a context's end has
	Timer   bool        // a receive or range is from X.C, time.After(d) or time.Tick(d), the forms that timers have
	Cases   []Operation // of a Select, in their order: Receive and Send
}

// Operation returns what a goroutine waits for at a line, given the state that the runtime calls it by ("chan
// receive", "sync.Mutex.Lock"). The line is that of the frame in which the operation is written: of a
// lock, the innermost frame that is not of the packages sync and internal/sync or the runtime's.
func (f *Files) Operation(path string, line int, state string) Operation {
	s := f.file(path)
	found := search{file: s, at: line, state: state, passed: make(map[ast.Node]bool)}
	s.inspect(line, found.visit)
	// Twice the same on a line is the same to whoever reads it.
	if len(found.ops) == 0 || len(found.ops) == most || slices.ContainsFunc(found.ops[1:], func(o Operation) bool { return !same(o, found.ops[0]) }) {
		return Operation{}
	}
	return found.ops[0]
}

func same(a, b Operation) bool {
	return a.Kind == b.Kind && a.On == b.On && slices.EqualFunc(a.Cases, b.Cases, same)
}

// most is how many operations at a line are too many to know which one it is.
const most = 4

// search looks for the operations at a line that a state may be of.
type search struct {
	*file
	at     int
	state  string
	ops    []Operation
	passed map[ast.Node]bool // those that are a part of a select, and calls that another goroutine or a later time makes
}

func (s *search) visit(n ast.Node) {
	if len(s.ops) == most {
		return
	}
	switch n := n.(type) {
	case *ast.GoStmt:
		s.passed[n.Call] = true
	case *ast.DeferStmt:
		s.passed[n.Call] = true // at its line it is not called yet
	case *ast.SelectStmt:
		s.choice(n)
	case *ast.UnaryExpr:
		if n.Op == token.ARROW && strings.HasPrefix(s.state, "chan receive") && !s.passed[n] && s.line(n.OpPos) == s.at {
			s.ops = append(s.ops, s.receive(n))
		}
	case *ast.SendStmt:
		if strings.HasPrefix(s.state, "chan send") && !s.passed[n] && (s.begins(n.Chan) == s.at || s.line(n.Arrow) == s.at) {
			s.ops = append(s.ops, s.send(n))
		}
	case *ast.RangeStmt:
		if strings.HasPrefix(s.state, "chan receive") && s.line(n.For) == s.at && mayBeChannel(n) {
			s.ops = append(s.ops, Operation{Kind: Range, On: s.operand(n.X), Timer: s.fires(n.X)})
		}
	case *ast.CallExpr:
		if !s.passed[n] && s.isAt(n) {
			s.call(n)
		}
	}
}

// isAt reports whether a call is at the line: the compiler takes that of the method's name.
func (s *search) isAt(n *ast.CallExpr) bool {
	if sel, ok := n.Fun.(*ast.SelectorExpr); ok {
		return s.line(sel.Sel.NamePos) == s.at
	}
	return s.line(n.Lparen) == s.at
}

// choice takes a select, of which the compiler makes other operations if it has few cases.
func (s *search) choice(n *ast.SelectStmt) {
	var cases []Operation
	var only ast.Node
	waits := true
	for _, c := range n.Body.List {
		clause, ok := c.(*ast.CommClause)
		if !ok {
			return
		}
		var o Operation
		switch comm := clause.Comm.(type) {
		case nil:
			waits = false
			continue
		case *ast.SendStmt:
			o, only = s.send(comm), comm
		case *ast.ExprStmt:
			o, only = s.received(comm.X)
		case *ast.AssignStmt:
			if len(comm.Rhs) == 1 {
				o, only = s.received(comm.Rhs[0])
			}
		}
		s.passed[only] = true
		cases = append(cases, o)
	}
	switch {
	case !waits: // it has a default
	case len(cases) == 1:
		at := s.line(n.Select) == s.at || s.line(n.Body.List[0].Pos()) == s.at
		k := cases[0].Kind
		if at && (k == Receive && strings.HasPrefix(s.state, "chan receive") || k == Send && strings.HasPrefix(s.state, "chan send")) {
			s.ops = append(s.ops, cases[0])
		}
	case s.line(n.Select) == s.at && (s.state == "select" || s.state == "select (no cases)" && cases == nil):
		s.ops = append(s.ops, Operation{Kind: Select, Cases: cases})
	}
}

func (s *search) received(e ast.Expr) (Operation, ast.Node) {
	if u, ok := ast.Unparen(e).(*ast.UnaryExpr); ok && u.Op == token.ARROW {
		return s.receive(u), u
	}
	return Operation{}, nil
}

func (s *search) receive(n *ast.UnaryExpr) Operation {
	o := Operation{Kind: Receive, On: s.operand(n.X), Timer: s.fires(n.X)}
	if call, ok := ast.Unparen(n.X).(*ast.CallExpr); ok {
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Done" && len(call.Args) == 0 {
			o.Context = s.operand(sel.X)
		}
	}
	return o
}

// fires reports whether a channel has the form of a timer's.
func (s *search) fires(channel ast.Expr) bool {
	switch x := ast.Unparen(channel).(type) {
	case *ast.SelectorExpr:
		return x.Sel.Name == "C"
	case *ast.CallExpr:
		return s.isOf(x.Fun, "time", "After", "Tick")
	}
	return false
}

func (s *search) send(n *ast.SendStmt) Operation {
	return Operation{Kind: Send, On: s.operand(n.Chan)}
}

// call takes a call if it is one that the state may be of.
func (s *search) call(n *ast.CallExpr) {
	sel, _ := n.Fun.(*ast.SelectorExpr)
	method := func(name string, args int, k Kind) {
		if sel != nil && sel.Sel.Name == name && len(n.Args) == args {
			s.ops = append(s.ops, Operation{Kind: k, On: s.operand(sel.X)})
		}
	}
	switch s.state {
	case "sync.Mutex.Lock": // in which a second writer of an RWMutex waits, too
		method("Lock", 0, Lock)
		method("Do", 1, Once)
	case "sync.RWMutex.Lock":
		method("Lock", 0, Lock)
	case "sync.RWMutex.RLock":
		method("RLock", 0, RLock)
	case "sync.WaitGroup.Wait":
		method("Wait", 0, Wait)
	case "sync.Cond.Wait":
		method("Wait", 0, CondWait)
	case "sleep":
		if s.isOf(n.Fun, "time", "Sleep") && len(n.Args) == 1 {
			s.ops = append(s.ops, Operation{Kind: Sleep, On: s.operand(n.Args[0])})
		}
	case "IO wait", "syscall", "coroutine":
		if !isBuiltin(n.Fun) {
			s.ops = append(s.ops, Operation{Kind: Call, On: s.operand(n.Fun)})
		}
	}
}

// isOf reports whether an expression is one of a package's functions, given the path of the package.
func (s *file) isOf(e ast.Expr, path string, names ...string) bool {
	switch x := ast.Unparen(e).(type) {
	case *ast.IndexExpr: // type arguments
		return s.isOf(x.X, path, names...)
	case *ast.IndexListExpr:
		return s.isOf(x.X, path, names...)
	case *ast.SelectorExpr:
		pkg, ok := x.X.(*ast.Ident)
		return ok && slices.Contains(names, x.Sel.Name) && pkg.Obj == nil && s.imported(pkg.Name) == path
	}
	return false
}

// operand returns the text of an expression.
func (s *file) operand(e ast.Expr) string { return short(s.source(e), limits.SourceOperand) }

// mayBeChannel reports whether what is ranged over may be a channel.
func mayBeChannel(n *ast.RangeStmt) bool {
	if n.Value != nil {
		return false
	}
	switch ast.Unparen(n.X).(type) {
	case *ast.BasicLit, *ast.CompositeLit, *ast.FuncLit, *ast.SliceExpr, *ast.BinaryExpr:
		return false
	}
	return true
}

// isBuiltin reports whether a call is of a function that the language has, which does not wait.
func isBuiltin(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	if !ok || id.Obj != nil {
		return false
	}
	switch id.Name {
	case "append", "cap", "clear", "close", "complex", "copy", "delete", "imag", "len", "make", "max", "min", "new",
		"panic", "print", "println", "real", "recover":
		return true
	}
	return false
}
