package detectors

import "strings"

// FDType is the kind of descriptor that a network wait is about.
type FDType uint8

// The kinds of descriptors. The names are values of the metrics' fd_type.
const (
	FDNone FDType = iota // not a network wait
	FDTCP
	FDUDP
	FDUnix
	FDFile // a pipe, terminal or other file that the poller serves
	FDOther
	NumFDTypes
)

// String returns the type's name.
func (t FDType) String() string {
	return [...]string{"none", "tcp", "udp", "unix", "file", "other"}[min(t, FDOther)]
}

// NetMode is what a network wait waits to do.
type NetMode uint8

// The operations. The names are values of the metrics' operation.
const (
	NetOther NetMode = iota
	NetAccept
	NetConnect
	NetRead
	NetWrite
	NumNetModes
)

// String returns the operation's name.
func (m NetMode) String() string {
	return [...]string{"other", "accept", "connect", "read", "write"}[min(m, NumNetModes-1)]
}

// NetOp is what a stack tells of a network wait.
type NetOp struct {
	FD   FDType
	Mode NetMode

	// Idle says that nobody waits for this: an accept loop, a server's
	// connection between two requests, a client's background reader. Such waits
	// last for ever in a healthy service. Where the stack alone cannot tell it is
	// false.
	Idle bool

	// Body says that an HTTP client reads the body of an answer, which has begun: what is still
	// to come may be late, or a stream that goes on for ever.
	Body bool
}

// polls reports whether a stack with a function in it may be a network wait: without one
// of these, netOpOf finds none.
func polls(fn string) bool { return netOpOf([]Frame{{Func: fn}}).FD != FDNone }

// netOpOf reads a network wait from its stack. The number of the descriptor is
// not recorded.
//
// Reads and writes on a stream look alike for TCP and unix sockets: both are
// net.(*conn).Read. They are given as TCP, by far the more frequent, unless a
// frame says unix.
func netOpOf(frames []Frame) NetOp {
	var op NetOp
	user := false // a frame of the user's code was passed on the way out
	for _, f := range frames {
		fn := f.Func
		if op.FD == FDNone {
			if op.FD, op.Mode = roundTrip(fn); op.FD != FDNone {
				return op
			}
		}
		switch {
		case fn == "internal/poll.(*pollDesc).waitRead":
			op.FD, op.Mode = FDOther, NetRead
		case fn == "internal/poll.(*pollDesc).waitWrite":
			op.FD, op.Mode = FDOther, NetWrite // sendfile and splice have no method of FD further out
		case strings.HasPrefix(fn, "internal/poll.(*FD)."):
			op.FD = FDOther
			if m := pollMode(strings.TrimPrefix(fn, "internal/poll.(*FD).")); m != NetOther {
				op.Mode = m
			}
		case op.FD == FDNone:
			// above the poller's frames, or no network wait at all
		case strings.HasPrefix(fn, "os.(*File).") && op.FD == FDOther: // else it is copied to a file
			op.FD = FDFile
		case fn == "net.(*netFD).connect":
			op.Mode = NetConnect
		case strings.HasPrefix(fn, "net.(*UDPConn)."), strings.HasPrefix(fn, "net.(*IPConn)."):
			op.FD = FDUDP
		case strings.HasPrefix(fn, "net.(*Unix"), strings.HasPrefix(fn, "net.unixSocket"):
			op.FD = FDUnix
		case strings.HasPrefix(fn, "net.") && op.FD == FDOther:
			op.FD = FDTCP
		}
		if op.FD != FDNone && (idleReader(fn) || !user && fn == "net/http.(*conn).serve") {
			op.Idle = true
		}
		op.Body = op.Body || op.FD != FDNone && fn == "net/http.(*bodyEOFSignal).Read"
		user = user || !IsStandard(fn)
	}
	if op.Mode == NetAccept {
		op.Idle = true
	}
	return op
}

// pollMode tells the operation from a method of internal/poll.FD.
func pollMode(method string) NetMode {
	switch {
	case method == "Accept":
		return NetAccept
	case strings.HasPrefix(method, "Read"), strings.HasPrefix(method, "Pread"):
		return NetRead
	case strings.HasPrefix(method, "Write"), strings.HasPrefix(method, "Pwrite"), method == "Writev", method == "SendFile":
		return NetWrite
	case method == "WaitWrite", strings.HasPrefix(method, "Connect"):
		return NetConnect
	}
	return NetOther
}

// roundTrip recognises a client's caller, who waits in a select while the connection's own
// goroutine does the reading: of HTTP, gRPC, NATS.
func roundTrip(fn string) (FDType, NetMode) {
	switch fn {
	case "net/http.(*persistConn).roundTrip",
		"net/http.(*http2ClientConn).roundTrip",
		"net/http.(*http2clientStream).writeRequest",
		"net/http/internal/http2.(*ClientConn).roundTrip", // since Go 1.27
		"net/http/internal/http2.(*clientStream).writeRequest",
		"golang.org/x/net/http2.(*ClientConn).roundTrip",
		"google.golang.org/grpc/internal/transport.(*ClientStream).waitOnHeader",
		"google.golang.org/grpc/internal/transport.(*Stream).waitOnHeader", // before 1.70
		"github.com/nats-io/nats%2ego.(*Conn).requestWithContext":
		return FDTCP, NetRead
	}
	return FDNone, NetOther
}

// idleReader recognises, by a function further out than a network wait, who waits
// for the next request or reads on behalf of others. (A server's connection is
// another case: net/http.(*conn).serve is also under every handler.)
func idleReader(fn string) bool {
	switch fn {
	case "net/http.(*conn).readRequest", // a server between two requests
		"net/http.(*conn).serve.func2",                     // the same, peeking for the next request
		"net/http.(*connReader).backgroundRead",            // a server noticing that its client goes away
		"net/http.(*persistConn).readLoop",                 // a client's connection; callers wait in roundTrip
		"net/http.(*http2serverConn).readFrames",           // HTTP/2, both sides
		"net/http.(*http2clientConnReadLoop).run",          //
		"net/http/internal/http2.(*serverConn).readFrames", // since Go 1.27
		"net/http/internal/http2.(*clientConnReadLoop).run",
		"golang.org/x/net/http2.(*serverConn).readFrames",
		"golang.org/x/net/http2.(*clientConnReadLoop).run",
		"google.golang.org/grpc/internal/transport.(*http2Server).HandleStreams",
		"google.golang.org/grpc/internal/transport.(*http2Client).reader",
		"github.com/twmb/franz-go/pkg/kgo.(*brokerCxn).handleResps", // their callers wait on a channel
		"github.com/twmb/franz-go/pkg/kgo.(*cxn).handleResps",
		"github.com/nats-io/nats%2ego.(*Conn).readLoop",
		"github.com/gorilla/websocket.(*Conn).NextReader", // a message comes when it comes
		"github.com/coder/websocket.(*Conn).Reader",
		"golang.org/x/net/websocket.(*Conn).Read":
		return true
	}
	return false
}
