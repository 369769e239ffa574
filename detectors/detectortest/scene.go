package detectortest

import (
	"fmt"
	"time"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

// base is when traces begin: a multiple of whatever detectors cut time into.
const base = int64(100 * time.Second)

// A scene is what a text says.
type scene struct {
	file       string
	version    wire.Version
	procs      int
	window     time.Duration
	windows    int
	lost       map[int]bool // windows, from 1
	marking    bool         // the GC was, when the trace began
	clocks     []clockFault
	stacks     map[string][]frame
	groups     []*group // in the order of the text
	group      map[string]*group
	vars       scope
	steps      []step
	iterations int
	read       int // bytes, in all repetitions
	goroutines int
	expects    []*expectation
	said       []said         // by window
	tasks      map[string]int // the line that begins them
	interned   map[string][]frame
	key        []byte // of the stack that is looked for
}

// duration is the whole trace's.
func (sc *scene) duration() time.Duration { return time.Duration(sc.windows) * sc.window }

func newScene(file string) *scene {
	return &scene{
		file: file, version: wire.Go126, procs: 1, window: time.Second, windows: 1,
		lost: make(map[int]bool), stacks: knownStacks(), group: make(map[string]*group),
		vars: make(scope), tasks: make(map[string]int), interned: make(map[string][]frame),
	}
}

// A group is what one goroutine statement declares: one goroutine, or several alike.
type group struct {
	name    string
	line    int
	many    bool // it was declared with a count, and its goroutines have indices
	begins  []frame
	creator []frame
	parks   bool // as soon as it is created, at the trace's beginning
	reason  string
	at      []frame // where it parks, or was

	// Those that were there before the trace:
	was       string // waiting, runnable, running, syscall; "": it is created
	on        int    // the P it was on; -1: none
	assisting bool

	gs []*goroutine
}

// A goroutine is one of a group. What it is doing is for the player.
type goroutine struct {
	*group
	index     int
	createdBy int // the line of the step that creates it; 0: it is there from the beginning
	actor
}

func (g *goroutine) String() string {
	if g.many {
		return fmt.Sprintf("%s[%d]", g.name, g.index)
	}
	return g.name
}

// A step is what happens at one moment.
type step struct {
	at   time.Duration
	line int
	do   func(*player)
}

// plan plans a step. What lies after the trace's end is not in it.
func (sc *scene) plan(at time.Duration, line int, do func(*player)) {
	if at >= sc.duration() {
		return
	}
	if len(sc.steps) == maxSteps {
		panic(&problem{sc.file, line, fmt.Sprintf("more than %d steps happen", maxSteps)})
	}
	sc.steps = append(sc.steps, step{at, line, do})
}
