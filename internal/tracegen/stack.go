package tracegen

// Stack is a stack of a [World]. The zero Stack has no frames.
type Stack uint32

type stackEntry []Frame

// Stack returns a stack of the named functions, innermost first. Files, lines
// and PCs are made up, the same ones for the same function.
func (w *World) Stack(funcs ...string) Stack {
	frames := make([]Frame, len(funcs))
	for i, name := range funcs {
		frames[i] = Frame{Func: name, File: "main.go", Line: 10}
	}
	return w.Frames(frames...)
}

// Frames returns a stack of the given frames, innermost first. A frame without
// a PC gets one of its own.
func (w *World) Frames(frames ...Frame) Stack {
	if len(frames) == 0 {
		return 0
	}
	stack := make(stackEntry, len(frames))
	for i, f := range frames {
		if f.PC == 0 {
			f.PC = w.pc(f)
		}
		stack[i] = f
	}
	w.stacks = append(w.stacks, stack)
	return Stack(len(w.stacks))
}

func (w *World) pc(f Frame) uint64 {
	pc, ok := w.pcs[f]
	if !ok {
		pc = 0x400000 + 16*uint64(len(w.pcs))
		w.pcs[f] = pc
	}
	return pc
}

// stackID returns the stack's id in the current generation. Ids are kept by
// stack because looking frames up for every event would be slow.
func (w *World) stackID(s Stack) uint64 {
	if s == 0 {
		return 0
	}
	if int(s) > len(w.stacks) {
		w.fail("stack %d is not of this world", s)
	}
	for len(w.stackIDs) < int(s) {
		w.stackIDs = append(w.stackIDs, 0)
	}
	if w.stackIDs[s-1] == 0 {
		w.stackIDs[s-1] = w.gen.Stack(w.stacks[s-1]...)
	}
	return w.stackIDs[s-1]
}

func (w *World) text(s string) uint64 { return w.gen.String(s) }
