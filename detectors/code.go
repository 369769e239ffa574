package detectors

import (
	"encoding/binary"
	"strings"

	"github.com/gotracewatch/tracewatch/internal/limits"
)

// Frame is one frame of a stack.
type Frame struct {
	Func string `json:"func"` // as the linker names it, e.g. net/http.(*conn).serve
	File string `json:"file"`
	Line int    `json:"line"`
	PC   uint64 `json:"-"`
}

// StackID is the number of a stack in a [Code]. Unlike the trace's own numbers it
// means the same stack in every generation. 0 is no stack.
type StackID uint32

// SiteID is the number of a [Site] in a [Code]. 0 is no site.
type SiteID uint32

// A Site is a line of code: a stack's top frame of the user's code, or the
// function at its bottom where all of it is Go's own.
type Site struct {
	Func string `json:"func"`
	File string `json:"file"`
	Line int    `json:"line"`
}

// String returns the function's name, or "unknown".
func (s Site) String() string {
	if s.Func == "" {
		return "unknown"
	}
	return s.Func
}

// Short returns the function's name without the path of its package:
// store.(*Cache).Get for example.com/shop/store.(*Cache).Get.
func (s Site) Short() string {
	name := s.String()
	path, _, _ := strings.Cut(name, "[") // a type argument may have a path of its own
	return name[strings.LastIndexByte(path, '/')+1:]
}

// A Stack is what is known of one stack.
type Stack struct {
	Frames []Frame // innermost first
	Site   SiteID
	User   bool // Site is in the user's code

	// Request says that the user's code here was called to serve a request: a
	// server's frame is further out.
	Request bool
	Bottom  SiteID // the function the goroutine began in
	Class   Class  // of a goroutine that began there
	Net     NetOp  // what a network wait with this stack is
	Lock    Lock   // what a wait for a lock with this stack is
}

// Code is what a trace has told of the program's code so far: its stacks and
// sites, each once. It grows with the program's code, not with the trace, and is
// bounded. It is used by one goroutine at a time.
type Code struct {
	stacks []Stack
	sites  []Site
	byPCs  map[string]StackID
	bySite map[Site]SiteID
	key    []byte
	lost   int
}

// NewCode returns a Code that knows nothing.
func NewCode() *Code {
	return &Code{
		stacks: make([]Stack, 1),
		sites:  make([]Site, 1),
		byPCs:  make(map[string]StackID),
		bySite: make(map[Site]SiteID),
	}
}

// Stack returns what is known of a stack. It must not be changed.
func (c *Code) Stack(id StackID) *Stack {
	if int(id) >= len(c.stacks) {
		id = 0
	}
	return &c.stacks[id]
}

// Site returns a site by its number.
func (c *Code) Site(id SiteID) Site {
	if int(id) >= len(c.sites) {
		id = 0
	}
	return c.sites[id]
}

// SiteOf returns the site of a stack.
func (c *Code) SiteOf(id StackID) SiteID { return c.Stack(id).Site }

// seenAt returns the place of the user's code where the goroutine of an observation
// was: by this event's stack; by its last one, because an end leaves none; by the
// function it began in; or, where that is the library's (sync.WaitGroup.Go), by the go
// statement.
func (c *Code) seenAt(o *Observation) SiteID {
	if s := c.Stack(o.Stack); s.User {
		return s.Site
	}
	if s := c.Stack(o.G.Stack); s.User {
		return s.Site
	}
	return c.home(o.G.Start, o.G.Creator)
}

// home returns the place of the user's code that a goroutine began in: its first
// function, or, where that is the library's (sync.WaitGroup.Go), the go statement.
func (c *Code) home(start SiteID, creator StackID) SiteID {
	if s := c.Stack(creator); s.User && IsStandard(c.Site(start).Func) {
		return s.Site
	}
	return start
}

// NumSites returns one more than the largest SiteID given so far.
func (c *Code) NumSites() int { return len(c.sites) }

// Lost returns how many stacks and sites found no room and are given as unknown.
func (c *Code) Lost() int { return c.lost }

// Find returns the number of the stack with these program counters.
func (c *Code) Find(pcs []uint64) (StackID, bool) {
	c.makeKey(pcs)
	id, ok := c.byPCs[string(c.key)]
	return id, ok
}

// Add gives a stack, innermost frame first, its number. The frames' program
// counters identify it; the frames are kept.
func (c *Code) Add(frames []Frame) StackID {
	pcs := make([]uint64, len(frames))
	for i := range frames {
		pcs[i] = frames[i].PC
	}
	if id, ok := c.Find(pcs); ok || len(frames) == 0 {
		return id
	}
	if len(c.stacks) == limits.Stacks {
		c.lost++
		return 0
	}
	id := StackID(len(c.stacks))
	c.byPCs[string(c.key)] = id
	bottom := frames[len(frames)-1]
	site, user := siteFrame(frames)
	c.stacks = append(c.stacks, Stack{
		Frames:  frames,
		Site:    c.site(site),
		User:    user,
		Request: user && servesRequest(frames),
		Bottom:  c.site(Frame{Func: bottom.Func, File: bottom.File}),
		Class:   ClassOf(bottom.Func),
		Net:     netOpOf(frames),
		Lock:    lockOf(frames),
	})
	return id
}

func (c *Code) makeKey(pcs []uint64) {
	c.key = c.key[:0]
	for _, pc := range pcs {
		c.key = binary.LittleEndian.AppendUint64(c.key, pc)
	}
}

func (c *Code) site(f Frame) SiteID {
	s := Site{f.Func, f.File, f.Line}
	if id, ok := c.bySite[s]; ok {
		return id
	}
	if len(c.sites) == limits.Sites {
		c.lost++
		return 0
	}
	id := SiteID(len(c.sites))
	c.sites = append(c.sites, s)
	c.bySite[s] = id
	return id
}

// siteFrame picks the frame that a person would call the place: the innermost one
// of the user's code, else the outermost of all.
func siteFrame(frames []Frame) (f Frame, user bool) {
	for _, f := range frames {
		if !IsStandard(f.Func) {
			return f, true
		}
	}
	return frames[len(frames)-1], false
}

// servesRequest recognises the servers under whose frames handlers run.
func servesRequest(frames []Frame) bool {
	for _, f := range frames {
		switch f.Func {
		case "net/http.(*conn).serve", "net/http.(*http2serverConn).runHandler",
			"golang.org/x/net/http2.(*serverConn).runHandler",
			"google.golang.org/grpc.(*Server).handleStream", "net/rpc.(*service).call":
			return true
		}
	}
	return false
}

// ClassOf returns the class of a goroutine by the function it began in.
func ClassOf(start string) Class {
	switch {
	case strings.HasPrefix(start, "runtime.cgocallback"): // a C thread that calls the program's Go code
		return ClassUser
	case strings.HasPrefix(start, "runtime.") && start != "runtime.main":
		return ClassSystem
	case strings.HasPrefix(start, "runtime/trace."),
		strings.HasPrefix(start, "github.com/gotracewatch/tracewatch/tracewatch."),
		strings.HasPrefix(start, "github.com/gotracewatch/tracewatch/internal/capture."):
		return ClassWatch
	default:
		return ClassUser
	}
}

// IsStandard reports whether a function is of Go's standard library: whether its
// package's path begins with the name of one of the library's top folders, none of which
// has a dot in it (go.uber.org is not go). Assembly's functions may have no package. (A
// frame's file would tell less: a build with -trimpath has no GOROOT in it.)
func IsStandard(fn string) bool {
	path, _, _ := strings.Cut(fn, "[") // a type argument has a path of its own
	top, _, folder := strings.Cut(path, "/")
	if !folder {
		var dot bool
		if top, _, dot = strings.Cut(path, "."); !dot {
			return true
		}
	}
	switch top {
	case "archive", "arena", "bufio", "builtin", "bytes", "cmp", "compress", "container",
		"context", "crypto", "database", "debug", "embed", "encoding", "errors", "expvar",
		"flag", "fmt", "go", "hash", "html", "image", "index", "internal", "io", "iter",
		"log", "maps", "math", "mime", "net", "os", "path", "plugin", "reflect", "regexp",
		"runtime", "simd", "slices", "sort", "strconv", "strings", "structs", "sync",
		"syscall", "testing", "text", "time", "unicode", "unique", "unsafe", "vendor", "weak":
		return true
	}
	return false
}
