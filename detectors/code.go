package detectors

import (
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"strings"

	"github.com/gotracewatch/tracewatch/internal/limits"
)

// Frame is one frame of a stack.
type Frame struct {
	Func string `json:"func"` // as the linker names it, e.g. net/http.(*conn).serve
	File string `json:"file"` // its path, as the compiler saw it
	Line int    `json:"line"` // in that file
	PC   uint64 `json:"-"`
}

// StackID is the number of a stack in a [Code]. Unlike the trace's own numbers it
// means the same stack in every generation. 0 is no stack.
type StackID uint32

// SiteID is the number of a [Site] in a [Code]. 0 is no site.
type SiteID uint32

// A Site is a line of code: a stack's innermost frame of the user's code, the one that a
// person would call the place, or the outermost where all of it is Go's own. The well-known
// clients of servers count as the user's code only where there is none further out: who
// asked is the place, and not where the client reads the answer. Where only the
// function is known, as of goroutines that end without having been seen anywhere, Line is 0.
type Site struct {
	Func string `json:"func"` // as the linker names it; "" if the site is not known
	File string `json:"file"` // its path, as the compiler saw it
	Line int    `json:"line"`
}

// SiteOf returns the site of a stack that no [Code] has, such as a profile's. The frames are the
// innermost first; without any it is unknown.
func SiteOf(frames []Frame) Site {
	if len(frames) == 0 {
		return Site{}
	}
	s := siteSearch{at: len(frames) - 1}
	for i, f := range frames {
		s.next(i, IsStandard(f.Func) || isMiddleware(f.Func), isClient(f.Func))
	}
	f := frames[s.at]
	return Site{f.Func, f.File, f.Line}
}

// siteSearch goes through a stack's frames, the innermost first, for the one that is its site.
type siteSearch struct {
	at     int  // the site so far; at first the outermost
	user   bool // it is in the user's code
	client bool // but a well-known client's, so that one further out is better
}

func (s *siteSearch) next(i int, standard, client bool) {
	if standard || s.user && !s.client {
		return
	}
	if !s.user || !client {
		s.at = i
	}
	s.user, s.client = true, client
}

// Location returns file:line, or the file alone where the line is not known.
func (s Site) Location() string {
	if s.Line == 0 {
		return s.File
	}
	return fmt.Sprintf("%s:%d", s.File, s.Line)
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
	Site SiteID
	User bool // Site is in the user's code

	// Request says that the user's code here was called to serve a request: a
	// server's frame is further out.
	Request bool

	// Work is what a goroutine here is busy with, where the function that it began in does not
	// say: with a request, and then it is the function that serves it, the user's outermost
	// one inside the server and its router; or with what the library was given to call in a
	// goroutine (sync.WaitGroup.Go), and then it is that.
	Work SiteID

	Bottom SiteID // the function the goroutine began in
	Class  Class  // of a goroutine that began there
	Net    NetOp  // what a network wait with this stack is
	Lock   Lock   // what a wait for a lock with this stack is

	frames []frameID // innermost first
}

// Code is what a trace has told of the program's code so far: its frames, stacks and
// sites, each once. It grows with the program's code, not with the trace, and is
// bounded. It is used by one goroutine at a time.
type Code struct {
	frames []frame
	stacks []Stack
	sites  []Site
	byPC   map[uint64]frameID
	near   [256]frameID       // by a program counter's lower bits: the one met last
	byPCs  map[uint64]StackID // by a hash of all; where two have one, the second is at the next number
	bySite map[Site]SiteID
	writes []bool // by StackID: what is done there is writing to the network
	seed   maphash.Seed
	key    []byte
	room   []frameID // for the next stacks' frames
	whole  []Frame   // of the stack that is looked at
	lost   int
}

// frameID is the number of a frame in a Code. 0 is none.
type frameID uint32

// frame is a frame and what its function's name tells. A program has ten times fewer
// frames than its stacks have in them.
type frame struct {
	Frame
	site     SiteID // of this line; 0: not asked for yet
	bottom   SiteID // of its function, where goroutines begin; 0: not asked for yet
	class    Class  // of those goroutines
	standard bool   // of Go's standard library
	client   bool   // of a well-known client of a server
	serves   bool   // a server's frame under which handlers run
	routes   bool   // a router's, inside which the handler is the next of the user's
	polls    bool   // see netOpOf
	locks    bool   // see lockOf
}

// NewCode returns a Code that knows nothing.
func NewCode() *Code {
	return &Code{
		frames: make([]frame, 1),
		stacks: make([]Stack, 1),
		writes: make([]bool, 1),
		sites:  make([]Site, 1),
		byPC:   make(map[uint64]frameID),
		byPCs:  make(map[uint64]StackID),
		bySite: make(map[Site]SiteID),
		seed:   maphash.MakeSeed(),
	}
}

// Frames returns the frames of a stack, innermost first. The caller may keep them.
func (c *Code) Frames(id StackID) []Frame {
	return c.appendFrames(nil, c.Stack(id).frames)
}

func (c *Code) appendFrames(to []Frame, ids []frameID) []Frame {
	for _, id := range ids {
		to = append(to, c.frames[id].Frame)
	}
	return to
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

// Writes reports whether what is done at a stack is writing to the network. It is asked at every
// system call.
func (c *Code) Writes(id StackID) bool { return int(id) < len(c.writes) && c.writes[id] }

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
	return c.SeenAt(o.G.Stack, o.G.Start, o.G.Creator)
}

// SeenAt returns the place of the user's code where a goroutine was last seen: by its
// stack, or else by where it began.
func (c *Code) SeenAt(stack StackID, start SiteID, creator StackID) SiteID {
	if s := c.Stack(stack); s.User {
		return s.Site
	}
	return c.home(start, creator)
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

// Lost returns how many stacks, frames and sites found no room and are given as unknown.
func (c *Code) Lost() int { return c.lost }

// Add gives a stack its number. The frames' program counters, the innermost first,
// identify it. Resolve returns the i-th frame: it is called for those whose program
// counter was not met before, because a program has the same frame there always, unless
// it returns false: then the trace does not say all of it, and a later one may.
func (c *Code) Add(pcs []uint64, resolve func(i int) (Frame, bool)) StackID {
	if len(pcs) == 0 {
		return 0
	}
	id, at := c.find(pcs)
	if id != 0 {
		return id
	}
	if len(c.stacks) == limits.Stacks {
		c.lost++
		return 0
	}
	s := Stack{frames: c.take(len(pcs))}
	var serves, polls, locks bool
	site := siteSearch{at: len(pcs) - 1}
	for i, pc := range pcs {
		id := c.near[pc>>2%uint64(len(c.near))]
		if id == 0 || c.frames[id].PC != pc {
			if id = c.frame(pc, i, resolve); id == 0 {
				return 0
			}
		}
		s.frames[i] = id
		f := &c.frames[id]
		serves = serves || f.serves
		polls = polls || f.polls
		locks = locks || f.locks
		site.next(i, f.standard, f.client)
	}
	s.Site, s.User = c.siteOf(s.frames[site.at]), site.user
	s.Request = s.User && serves
	s.Bottom, s.Class = c.bottomOf(s.frames[len(pcs)-1])
	if polls || locks {
		c.whole = c.appendFrames(c.whole[:0], s.frames)
		s.Net, s.Lock = netOpOf(c.whole), lockOf(c.whole)
	}
	if (s.Request || s.User && c.frames[s.frames[len(pcs)-1]].standard) && !s.Net.Idle {
		s.Work = c.workOf(s.frames)
	}
	id = StackID(len(c.stacks))
	c.byPCs[at] = id
	c.stacks = append(c.stacks, s)
	c.writes = append(c.writes, s.Net.Mode == NetWrite && s.Net.FD != FDNone && s.Net.FD != FDFile)
	return id
}

// find returns the number of a stack, 0 if there is none, and where in byPCs it is or
// belongs.
func (c *Code) find(pcs []uint64) (id StackID, at uint64) {
	c.key = c.key[:0]
	for _, pc := range pcs {
		c.key = binary.LittleEndian.AppendUint64(c.key, pc)
	}
	for at = maphash.Bytes(c.seed, c.key); ; at++ {
		id = c.byPCs[at]
		if id == 0 || c.is(id, pcs) {
			return id, at
		}
	}
}

// is reports whether a stack has these program counters.
func (c *Code) is(id StackID, pcs []uint64) bool {
	frames := c.stacks[id].frames
	if len(frames) != len(pcs) {
		return false
	}
	for i, f := range frames {
		if c.frames[f].PC != pcs[i] {
			return false
		}
	}
	return true
}

// frame returns the number of the frame at a program counter, 0 if there is no room.
func (c *Code) frame(pc uint64, i int, resolve func(i int) (Frame, bool)) frameID {
	id, ok := c.byPC[pc]
	if !ok {
		if len(c.frames) == limits.Frames {
			c.lost++
			return 0
		}
		var f Frame
		f, ok = resolve(i)
		f.PC = pc
		id = frameID(len(c.frames))
		c.frames = append(c.frames, frame{
			Frame:    f,
			standard: IsStandard(f.Func) || isMiddleware(f.Func), client: isClient(f.Func), serves: servesRequest(f.Func), routes: routes(f.Func), polls: polls(f.Func), locks: locks(f.Func),
		})
	}
	if ok {
		c.byPC[pc] = id
		c.near[pc>>2%uint64(len(c.near))] = id
	}
	return id
}

// workOf returns the user's outermost function inside the innermost router or, if there is none,
// inside the server or whatever of the library called it.
func (c *Code) workOf(frames []frameID) SiteID {
	handler := frameID(0)
	for _, id := range frames {
		f := &c.frames[id]
		if f.serves || f.routes {
			if handler != 0 {
				break
			}
		} else if !f.standard {
			handler = id
		}
	}
	if handler == 0 {
		return 0
	}
	site, _ := c.bottomOf(handler)
	return site
}

// siteOf returns the site of a frame.
func (c *Code) siteOf(id frameID) SiteID {
	f := &c.frames[id]
	if f.site == 0 {
		f.site = c.site(f.Func, f.File, f.Line)
	}
	return f.site
}

// bottomOf returns the site of a frame's function and the class of goroutines that begin
// there.
func (c *Code) bottomOf(id frameID) (SiteID, Class) {
	f := &c.frames[id]
	if f.bottom == 0 {
		f.bottom, f.class = c.site(f.Func, f.File, 0), ClassOf(f.Func)
	}
	return f.bottom, f.class
}

// take returns room for the frames of a stack.
func (c *Code) take(n int) []frameID {
	if len(c.room) < n {
		c.room = make([]frameID, max(n, 4096))
	}
	frames := c.room[:n:n]
	c.room = c.room[n:]
	return frames
}

// site gives a place its number. The runtime records a stack of one frame without a function where it
// could not walk it: that is no place.
func (c *Code) site(fn, file string, line int) SiteID {
	if fn == "" {
		return 0
	}
	s := Site{fn, file, line}
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

// servesRequest recognises the servers under whose frames handlers run.
func servesRequest(fn string) bool {
	switch fn {
	case "net/http.(*conn).serve", "net/http.(*http2serverConn).runHandler",
		"net/http/internal/http2.(*serverConn).runHandler", // since Go 1.27
		"golang.org/x/net/http2.(*serverConn).runHandler",
		"google.golang.org/grpc.(*Server).handleStream", "net/rpc.(*service).call":
		return true
	}
	return false
}

// middleware is the function of ours that stands between a service's router and its handlers. It is
// nobody's place of work.
const middleware = "github.com/gotracewatch/tracewatch/tracewatch/tracewatchhttp.(*middleware).ServeHTTP"

func isMiddleware(fn string) bool { return strings.HasPrefix(fn, middleware) } // where its task ends too

// routes recognises the functions through which routers call handlers. Those of other
// modules count as the user's code elsewhere.
func routes(fn string) bool {
	switch fn {
	case "net/http.(*ServeMux).ServeHTTP", // the library's
		middleware,
		"github.com/gorilla/mux.(*Router).ServeHTTP",
		"github.com/go-chi/chi/v5.(*Mux).routeHTTP",
		"github.com/gin-gonic/gin.(*Context).Next",
		"github.com/julienschmidt/httprouter.(*Router).ServeHTTP",
		"google.golang.org/grpc.(*Server).processUnaryRPC",
		"google.golang.org/grpc.(*Server).processStreamingRPC":
		return true
	}
	return false
}

// ClassOf returns the class of a goroutine by the function it began in.
func ClassOf(start string) Class {
	switch {
	case strings.HasPrefix(start, "runtime.cgocallback"), // a C thread that calls the program's Go code
		start == "runtime.corostart", start == "runtime.handleAsyncEvent": // iter.Pull's; a callback from JavaScript
		return ClassUser
	case strings.HasPrefix(start, "runtime.") && start != "runtime.main":
		return ClassSystem
	case strings.HasPrefix(start, "runtime/trace."),
		strings.HasPrefix(start, "github.com/gotracewatch/tracewatch/tracewatch."),
		strings.HasPrefix(start, "github.com/gotracewatch/tracewatch/tracewatch/tracewatchhttp.(*handler)."),
		strings.HasPrefix(start, "github.com/gotracewatch/tracewatch/tracewatch/leaktest.(*recording)."),
		strings.HasPrefix(start, "github.com/gotracewatch/tracewatch/internal/capture."):
		return ClassWatch
	default:
		return ClassUser
	}
}

// isClient recognises the packages of well-known clients, in which their callers wait.
func isClient(fn string) bool {
	for _, p := range [...]string{
		"google.golang.org/grpc", "golang.org/x/net/", "github.com/redis/go-redis/", "github.com/gomodule/redigo/",
		"github.com/jackc/pgx/", "github.com/lib/pq.", "github.com/go-sql-driver/mysql.", "go.mongodb.org/mongo-driver/",
		"github.com/nats-io/nats%2ego.", "github.com/twmb/franz-go/", "github.com/segmentio/kafka-go.", "github.com/IBM/sarama.",
		"github.com/valyala/fasthttp.", "github.com/bradfitz/gomemcache/", "go.etcd.io/etcd/client/",
	} {
		if strings.HasPrefix(fn, p) {
			return true
		}
	}
	return false
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
