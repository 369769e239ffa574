package leaktest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/source"
	"github.com/gotracewatch/tracewatch/internal/wording"
)

// wakes writes what would wake a leak's goroutines, as far as it can be known: what the source says that they wait for,
// what the runtime has proven, and who woke them before.
func (r *reporter) wakes(t *table, l *leak) {
	if l.g.State == "running" || l.g.State == "runnable" {
		t.row("busy", "it does not wait, it runs")
		return
	}
	op := r.operation(l)
	t.row("waits until", until(l.g.State, op))
	if !l.lived {
		return
	}
	switch w := l.life.wakes; {
	case w.Count == 0:
		t.row("so far", "nothing has ever woken it")
	case w.By == detectors.NoGoroutine:
		by := "a timer or the network"
		if fires(op) {
			by = "a timer: it goes round in a loop"
		}
		t.row("so far", fmt.Sprintf("woken %s, last %s ago by %s", times(w.Count), wording.Duration(l.life.ago), by))
	default:
		by := fmt.Sprintf("woken %s, last %s ago by goroutine %d", times(w.Count), wording.Duration(l.life.ago), w.By)
		if w.By == r.root {
			by = fmt.Sprintf("woken %s, last %s ago by the test itself", times(w.Count), wording.Duration(l.life.ago))
		} else if !l.life.awake {
			by += ", which has ended,"
		}
		if at := userFrames(l.life.waker); len(at) > 0 {
			by += fmt.Sprintf(" in %s (%s)", short(at[0].Func), location(at[0], r.dir))
		}
		t.row("so far", strings.TrimSuffix(by, ","))
	}
}

// operation returns what the source says about where a leak waits.
func (r *reporter) operation(l *leak) source.Operation {
	if len(l.frames) == 0 {
		return source.Operation{}
	}
	return r.files.Operation(l.frames[0].File, l.frames[0].Line, l.g.State)
}

// fires reports whether a timer can end an operation.
func fires(op source.Operation) bool {
	return op.Timer || slices.ContainsFunc(op.Cases, fires)
}

// never reports whether nothing can end a state.
func never(state string) bool {
	return strings.HasSuffix(state, "(nil chan)") || strings.HasSuffix(state, "(no cases)")
}

// hopeless says what the runtime has proven.
func hopeless(op source.Operation) string {
	const proven = " (proven by the runtime)"
	switch {
	case op.Context != "":
		return fmt.Sprintf("%s is never cancelled: nothing that runs can get at its cancel function any more", op.Context) + proven
	case op.On != "" && op.Kind != source.Call && op.Kind != source.Sleep:
		return fmt.Sprintf("nobody can: nothing that runs has %s any more", op.On) + proven
	}
	return "nobody can: nothing that runs has what it waits for any more" + proven
}

// until says what ends a wait, in the source's words where it has some.
func until(state string, op source.Operation) string {
	on := op.On
	switch {
	case never(state) && on != "":
		return fmt.Sprintf("nothing: %s is nil", on)
	case op.Context != "":
		return fmt.Sprintf("the context %s is cancelled", op.Context)
	case op.Timer:
		return on + " fires"
	}
	switch op.Kind {
	case source.Receive:
		return fmt.Sprintf("somebody sends on %s or closes it", on)
	case source.Range:
		return fmt.Sprintf("somebody sends on %s; it ends only when %s is closed", on, on)
	case source.Send:
		return fmt.Sprintf("somebody receives from %s", on)
	case source.Select:
		var cases []string
		for _, c := range op.Cases {
			cases = append(cases, until("select", c))
		}
		if len(cases) > 0 {
			return strings.Join(cases, ", or ")
		}
	case source.Lock, source.RLock:
		return fmt.Sprintf("%s is unlocked by its holder", on)
	case source.Wait:
		return fmt.Sprintf("%s.Done has been called as often as %s.Add says", on, on)
	case source.CondWait:
		return fmt.Sprintf("somebody calls %s.Signal or %s.Broadcast", on, on)
	case source.Once:
		return fmt.Sprintf("the first call of %s.Do comes back", on)
	case source.Sleep:
		return fmt.Sprintf("the sleep of %s ends", on)
	}
	return generally(state)
}

// generally says what ends a state of the runtime's, where the source is not known.
func generally(state string) string {
	switch state {
	case "chan receive":
		return "somebody sends on the channel or closes it"
	case "chan send":
		return "somebody receives from the channel"
	case "chan receive (nil chan)", "chan send (nil chan)":
		return "nothing: the channel is nil"
	case "select":
		return "one of its cases can go on"
	case "select (no cases)":
		return "nothing: select {} waits for ever"
	case "sync.Mutex.Lock", "sync.RWMutex.Lock", "sync.RWMutex.RLock":
		return "the lock is unlocked by its holder"
	case "sync.WaitGroup.Wait":
		return "Done has been called as often as Add says"
	case "sync.Cond.Wait":
		return "somebody calls Signal or Broadcast"
	case "sleep":
		return "the sleep ends"
	case "IO wait":
		return "the other end writes, reads or closes, a deadline passes, or it is closed here"
	case "syscall":
		return "the system call returns"
	case "coroutine":
		return "next is called once more, or stop (iter.Pull)"
	}
	return fmt.Sprintf("%q is over, as the runtime calls it", state)
}

func times(n uint64) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
