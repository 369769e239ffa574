package detectors_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// stackOf returns what is known of a stack of functions, innermost first.
func stackOf(funcs ...string) (*detectors.Code, *detectors.Stack) {
	code := detectors.NewCode()
	frames := make([]detectors.Frame, len(funcs))
	for i, fn := range funcs {
		frames[i] = detectors.Frame{Func: fn, File: fmt.Sprintf("f%d.go", i), Line: 100 + i, PC: uint64(i + 1)}
	}
	return code, code.Stack(add(code, frames...))
}

// add adds a stack, innermost frame first.
func add(code *detectors.Code, frames ...detectors.Frame) detectors.StackID {
	pcs := make([]uint64, len(frames))
	for i, f := range frames {
		pcs[i] = f.PC
	}
	return code.Add(pcs, func(i int) (detectors.Frame, bool) { return frames[i], true })
}

func TestIsStandard(t *testing.T) {
	for fn, want := range map[string]bool{
		"runtime.gopark":           true,
		"net.(*conn).Read":         true,
		"net/http.(*conn).serve":   true,
		"internal/poll.(*FD).Read": true,
		"internal/sync.(*HashTrieMap[go.shape.string,go.shape.interface {}]).Load": true,
		"slices.SortFunc[go.shape.[]example.com/shop.Item,go.shape.struct {}]":     true,
		"slices.pdqsortCmpFunc[go.shape.struct { example.com/a.b int }]":           true,
		"go/parser.ParseFile":      true,
		"encoding/json/v2.Marshal": true,
		"vendor/golang.org/x/net/http/httpguts.ValidHeaderFieldName": true,
		"sync.(*WaitGroup).Go.func1":                                 true,
		"time.Sleep":                                                 true,
		"memeqbody":                                                  true, // assembly has no package
		"aeshashbody":                                                true,

		"main.main":                                               false,
		"main.run.func1":                                          false,
		"main.(*Pool[go.shape.int]).Get":                          false,
		"main.apply[github.com/acme/x.T]":                         false,
		"example.com/shop/store.(*Cache).Get":                     false,
		"github.com/lib/pq.(*conn).recv":                          false,
		"golang.org/x/net/http2.(*Framer).ReadFrame":              false,
		"google.golang.org/grpc.(*Server).Serve":                  false,
		"gopkg.in/yaml%2ev3.Unmarshal":                            false,
		"command-line-arguments.f":                                false,
		"networking.Dial":                                         false,
		"iometer/disk.Read":                                       false,
		"go.uber.org/zap.(*Logger).Info":                          false,
		"go.opentelemetry.io/otel/sdk/trace.(*recordingSpan).End": false,
		"go.acme.dev/shop/cart.(*Cart).Add":                       false,
		"io.acme.dev/shop.main":                                   false,
		"net.acme.dev/dns.(*Cache[go.shape.string]).Get":          false,
	} {
		require.Equal(t, want, detectors.IsStandard(fn), fn)
	}
}

func TestClassOf(t *testing.T) {
	for start, want := range map[string]detectors.Class{
		"":                            detectors.ClassUser, // not known
		"main.main":                   detectors.ClassUser,
		"runtime.main":                detectors.ClassUser, // main.main runs on it
		"runtime.cgocallback":         detectors.ClassUser,
		"runtime.cgocallbackg1":       detectors.ClassUser,
		"runtime.corostart":           detectors.ClassUser,
		"net/http.(*conn).serve":      detectors.ClassUser,
		"sync.(*WaitGroup).Go.func1":  detectors.ClassUser,
		"runtimeutil.Watch":           detectors.ClassUser,
		"runtime/pprof.profileWriter": detectors.ClassUser,
		"runtime.bgsweep":             detectors.ClassSystem,
		"runtime.gcBgMarkWorker":      detectors.ClassSystem,
		"runtime.runFinalizers":       detectors.ClassSystem,
		"runtime.(*traceAdvancerState).start.func1":                         detectors.ClassSystem,
		"runtime/trace.Start.func1":                                         detectors.ClassWatch,
		"runtime/trace.(*traceMultiplexer).startLocked.func1":               detectors.ClassWatch,
		"github.com/gotracewatch/tracewatch/tracewatch.(*Watcher).loop":     detectors.ClassWatch,
		"github.com/gotracewatch/tracewatch/internal/capture.(*Stream).run": detectors.ClassWatch,
		"github.com/gotracewatch/tracewatch/examples/quickstart.main":       detectors.ClassUser,

		"github.com/gotracewatch/tracewatch/tracewatch/tracewatchhttp.(*handler).work":         detectors.ClassWatch,
		"github.com/gotracewatch/tracewatch/tracewatch/tracewatchhttp.(*middleware).ServeHTTP": detectors.ClassUser,
	} {
		require.Equal(t, want, detectors.ClassOf(start), start)
	}
}

// The site of a stack is its innermost frame of the user's code, with its line.
func TestSite(t *testing.T) {
	for _, c := range []struct {
		name    string
		stack   []string
		site    int // the frame
		user    bool
		request bool
	}{
		{"the user's code at the top", []string{"main.crunch", "main.work"}, 0, true, false},
		{"under the library's", []string{"runtime.chansend1", "main.send", "main.work"}, 1, true, false},
		{"called back by the library", []string{"strings.Map", "main.clean", "strings.FieldsFunc", "main.work"}, 1, true, false},
		{"only the library's", []string{"runtime.gopark", "net.(*conn).Read", "net/http.(*persistConn).readLoop"}, 2, false, false},
		{"another module's", []string{"net.(*conn).Read", "example.com/ours/pipe.(*conn).recv", "main.query"}, 1, true, false},
		{"a well-known client's", []string{"net.(*conn).Read", "github.com/lib/pq.(*conn).recv", "database/sql.ctxDriverQuery", "main.query"}, 3, true, false},
		{"a well-known client's alone", []string{"net.(*conn).Read", "github.com/nats-io/nats%2ego.(*natsReader).Read", "github.com/nats-io/nats%2ego.(*Conn).readLoop"}, 1, true, false},
		{"a handler", []string{"net.(*conn).Read", "main.handle", "net/http.HandlerFunc.ServeHTTP", "net/http.(*conn).serve"}, 1, true, true},
		{"an HTTP/2 handler", []string{"main.handle", "net/http.(*http2serverConn).runHandler"}, 0, true, true},
		{"an HTTP/2 handler, Go 1.27", []string{"main.handle", "net/http.HandlerFunc.ServeHTTP", "net/http/internal/http2.(*serverConn).runHandler"}, 0, true, true},
		{"a gRPC handler", []string{"main.handle", "google.golang.org/grpc.(*Server).processUnaryRPC", "google.golang.org/grpc.(*Server).handleStream"}, 0, true, true},
		{"an RPC handler", []string{"main.handle", "reflect.Value.call", "reflect.Value.Call", "net/rpc.(*service).call"}, 0, true, true},
		{"between two requests", []string{"net.(*conn).Read", "net/http.(*conn).serve"}, 1, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, s := stackOf(c.stack...)
			want := detectors.Site{Func: c.stack[c.site], File: fmt.Sprintf("f%d.go", c.site), Line: 100 + c.site}
			require.Equal(t, want, code.Site(s.Site))
			frames := make([]detectors.Frame, len(c.stack))
			for i, fn := range c.stack {
				frames[i] = detectors.Frame{Func: fn, File: fmt.Sprintf("f%d.go", i), Line: 100 + i}
			}
			require.Equal(t, want, detectors.SiteOf(frames))
			require.Equal(t, c.user, s.User)
			require.Equal(t, c.request, s.Request)
			bottom := len(c.stack) - 1
			require.Equal(t, detectors.Site{Func: c.stack[bottom], File: fmt.Sprintf("f%d.go", bottom)}, code.Site(s.Bottom), "a function, not a line")
		})
	}
}

func TestSiteOfNothing(t *testing.T) { require.Zero(t, detectors.SiteOf(nil)) }

func TestShort(t *testing.T) {
	for fn, want := range map[string]string{
		"":                                    "unknown",
		"main.main":                           "main.main",
		"net/http.(*conn).serve":              "http.(*conn).serve",
		"example.com/shop/store.(*Cache).Get": "store.(*Cache).Get",
		"example.com/shop/store.Get[go.shape.*example.com/shop/model.Item]": "store.Get[go.shape.*example.com/shop/model.Item]",
		"main.(*Set[example.com/a/b.C]).Add":                                "main.(*Set[example.com/a/b.C]).Add",
	} {
		require.Equal(t, want, detectors.Site{Func: fn}.Short())
	}
	require.Equal(t, "unknown", detectors.Site{}.String())
	require.Empty(t, detectors.Site{}.Location())
	require.Equal(t, "/src/a.go:7", detectors.Site{File: "/src/a.go", Line: 7}.Location())
	require.Equal(t, "/src/a.go", detectors.Site{File: "/src/a.go"}.Location())
	require.Equal(t, "net/http.(*conn).serve", detectors.Site{Func: "net/http.(*conn).serve"}.String())
}

// The same program counters are the same stack, and one is the same frame wherever it is.
func TestCode(t *testing.T) {
	code := detectors.NewCode()
	a := []detectors.Frame{{Func: "main.a", Line: 1, PC: 1}, {Func: "main.main", PC: 2}}
	b := []detectors.Frame{{Func: "main.a", Line: 2, PC: 3}, {Func: "main.main", PC: 2}}
	first, second := add(code, a...), add(code, b...)
	require.NotEqual(t, first, second)
	require.NotEqual(t, code.SiteOf(first), code.SiteOf(second), "another line is another site")
	require.Equal(t, code.Stack(first).Bottom, code.Stack(second).Bottom)
	require.Equal(t, first, code.Add([]uint64{1, 2}, nil), "nobody is asked what is known")
	require.Equal(t, a, code.Frames(first))
	require.Equal(t, b, code.Frames(second))

	sites := code.NumSites()
	require.Equal(t, 4, sites, "two lines, one function, and none")

	// What is not known is stack 0 at site 0.
	require.Zero(t, add(code))
	require.Empty(t, code.Frames(0))
	require.Equal(t, &detectors.Stack{}, code.Stack(0))
	require.Equal(t, code.Stack(0), code.Stack(1_000_000))
	require.Equal(t, detectors.Site{}, code.Site(0))
	require.Equal(t, detectors.Site{}, code.Site(1_000_000))
	require.Zero(t, code.Lost())
}

// Where the runtime could not walk a stack it records one frame without a function.
func TestCodeOfAStackThatWasNotWalked(t *testing.T) {
	c := detectors.NewCode()
	id := c.Add([]uint64{0}, func(int) (detectors.Frame, bool) { return detectors.Frame{}, true })
	require.NotZero(t, id)
	s := c.Stack(id)
	require.Zero(t, s.Site)
	require.Zero(t, s.Bottom)
	require.False(t, s.User)
}

func TestCodeIsBounded(t *testing.T) {
	code := detectors.NewCode()
	n := 0
	for ; code.Lost() == 0 && n <= limits.Sites; n++ {
		add(code, detectors.Frame{Func: "main.f", Line: n, PC: uint64(n + 1)})
	}
	require.Equal(t, limits.Sites, code.NumSites())
	lost := code.Lost()
	id := add(code, detectors.Frame{Func: "main.g", PC: 1 << 40})
	require.NotZero(t, id, "there is room for stacks yet")
	require.Zero(t, code.SiteOf(id), "but not for sites")
	require.Greater(t, code.Lost(), lost)

	for ; n < 2*limits.Stacks; n++ {
		if add(code, detectors.Frame{Func: "main.f", PC: uint64(n + 1)}) == 0 {
			break
		}
	}
	require.Zero(t, add(code, detectors.Frame{Func: "main.f", PC: 1 << 41}))
	require.NotZero(t, code.Add([]uint64{1}, nil), "what was there is there")
}

// A stack of which a frame finds no room is not known, today or tomorrow.
func TestFramesAreBounded(t *testing.T) {
	code := detectors.NewCode()
	pcs := make([]uint64, limits.StackFrames)
	pc := uint64(0)
	resolve := func(int) (detectors.Frame, bool) { return detectors.Frame{Func: "main.f"}, true }
	for code.Lost() == 0 && pc <= limits.Frames {
		for i := range pcs {
			pc++
			pcs[i] = pc
		}
		code.Add(pcs, resolve)
	}
	require.Equal(t, 1, code.Lost())
	require.Zero(t, code.Add(pcs, resolve))
	require.Equal(t, 2, code.Lost())
	require.NotZero(t, code.Add([]uint64{7, 9}, nil), "what was met is known")
}

// Where the stack of an event does not tell the place, others do.
func TestSeenAt(t *testing.T) {
	for _, c := range []struct {
		name   string
		begins []string
		by     []string
		before []string // where it parked before its long runs
		end    func(m *tracegen.Thread, at int64, w *world)
		want   string
	}{
		{"the event's own stack", []string{"main.worker"}, []string{"main.main"}, []string{"runtime.chanrecv1", "main.next", "main.worker"},
			func(m *tracegen.Thread, at int64, w *world) {
				m.Block(at, "chan receive", w.Stack("runtime.chanrecv1", "main.scan", "main.worker"))
			}, "main.scan"},
		{"an end has none: the last stack", []string{"main.worker"}, []string{"main.main"}, []string{"runtime.chanrecv1", "main.next", "main.worker"},
			func(m *tracegen.Thread, at int64, w *world) { m.End(at) }, "main.next"},
		{"no stack at all: where it began", []string{"main.worker"}, []string{"main.main"}, nil,
			func(m *tracegen.Thread, at int64, w *world) { m.End(at) }, "main.worker"},
		{"began in the library's code: the go statement", []string{"sync.(*WaitGroup).Go.func1"}, []string{"sync.(*WaitGroup).Go", "main.spread"}, nil,
			func(m *tracegen.Thread, at int64, w *world) { m.End(at) }, "main.spread"},
		{"created by the library: where it began", []string{"net/http.(*conn).serve"}, []string{"net/http.(*Server).Serve"}, nil,
			func(m *tracegen.Thread, at int64, w *world) { m.End(at) }, "net/http.(*conn).serve"},
		{"seen in the library's code only", []string{"main.worker"}, []string{"main.main"}, []string{"runtime.gopark", "runtime.goparkunlock"},
			func(m *tracegen.Thread, at int64, w *world) { m.End(at) }, "main.worker"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(wire.Go126, 1)
			var gs []*tracegen.Goroutine
			for range 3 {
				gs = append(gs, w.spawn(w.Stack(c.begins...), w.Stack(c.by...)))
			}
			for i, g := range gs {
				at := time.Duration(i+1) * 100 * time.Millisecond
				if c.before != nil {
					w.begin(g, "chan receive", w.Stack(c.before...))
					w.wake(g, at-time.Microsecond)
				}
				w.at(at, func(at int64) { w.p[0].Start(at, g) })
				w.at(at+50*time.Millisecond, func(at int64) { c.end(w.p[0], at, w) })
			}
			require.Equal(t, []string{c.want}, found(watch(t, detectors.PreemptFailure{}, w.play(1))))
		})
	}
}

// A frame that a trace does not tell all of is asked for again, in the next stack it is in.
func TestHalfKnownFrame(t *testing.T) {
	code := detectors.NewCode()
	half := func(int) (detectors.Frame, bool) { return detectors.Frame{}, false }
	whole := func(int) (detectors.Frame, bool) { return detectors.Frame{Func: "main.f"}, true }
	first := code.Add([]uint64{1}, half)
	require.Equal(t, []detectors.Frame{{PC: 1}}, code.Frames(first))
	second := code.Add([]uint64{1, 1}, whole)
	require.Equal(t, []detectors.Frame{{PC: 1, Func: "main.f"}, {PC: 1, Func: "main.f"}}, code.Frames(second))
	require.Equal(t, first, code.Add([]uint64{1}, half), "the stack is the same")
}
