package leakshapes

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/rpc"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

func netAcceptLoopClosed() Shape {
	return Shape{
		Name: "net-accept-loop-closed",
		Doc:  "An accept loop and a goroutine for each connection end when the listener and the clients have closed.",
		Run: func(t testing.TB) {
			l := listenLoopback(t)
			defer l.Close()
			go acceptEcho(l)
			for range 5 {
				c, err := net.Dial("tcp", l.Addr().String())
				noError(t, err)
				defer c.Close()
				askEcho(t, c)
			}
		},
	}
}

func netUnixSocket() Shape {
	return Shape{
		Name: "net-unix-socket",
		Doc:  "A server on a Unix socket waits in the poller until its listener closes.",
		Run: func(t testing.TB) {
			dir, err := os.MkdirTemp("", "ls") // t.TempDir's names are too long for a socket
			noError(t, err)
			defer os.RemoveAll(dir)
			l, err := net.Listen("unix", filepath.Join(dir, "s"))
			if err != nil {
				t.Skip("no Unix sockets here:", err)
			}
			defer l.Close()
			go acceptEcho(l)
			c, err := net.Dial("unix", l.Addr().String())
			noError(t, err)
			defer c.Close()
			askEcho(t, c)
		},
	}
}

// acceptEcho gives each client back what it sends, until the listener closes.
func acceptEcho(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			io.Copy(c, c)
		}()
	}
}

func askEcho(t testing.TB, c io.ReadWriter) {
	t.Helper()
	_, err := io.WriteString(c, "hello\n")
	noError(t, err)
	if line, err := bufio.NewReader(c).ReadString('\n'); line != "hello\n" {
		t.Fatalf("got %q: %v", line, err)
	}
}

func netPipe() Shape {
	return Shape{
		Name: "net-pipe",
		Doc:  "An echo at the other end of a net.Pipe sees it closed after the test has returned.",
		Run: func(t testing.TB) {
			near, far := net.Pipe()
			defer near.Close()
			go func() {
				defer far.Close()
				io.Copy(far, far)
			}()
			askEcho(t, near)
		},
	}
}

func netUdpEcho() Shape {
	return Shape{
		Name: "net-udp-echo",
		Doc:  "A goroutine reads packets until a cleanup closes its socket.",
		Run: func(t testing.TB) {
			server, err := net.ListenPacket("udp", "127.0.0.1:0")
			noError(t, err)
			t.Cleanup(func() { server.Close() })
			go func() {
				buf := make([]byte, 100)
				for {
					n, from, err := server.ReadFrom(buf)
					if err != nil {
						return
					}
					server.WriteTo(buf[:n], from)
				}
			}()
			c, err := net.Dial("udp", server.LocalAddr().String())
			noError(t, err)
			defer c.Close()
			askEcho(t, c)
		},
	}
}

func netLookupLocalhost() Shape {
	return Shape{
		Name: "net-lookup-localhost",
		Doc:  "Both resolvers look a name up in goroutines of their own, shared by whoever asks at the time.",
		Run: func(t testing.TB) {
			for _, r := range []*net.Resolver{net.DefaultResolver, {PreferGo: true}} {
				addrs, err := r.LookupHost(t.Context(), "localhost")
				t.Log(addrs, err) // a machine need not know the name
			}
		},
	}
}

func netLookupGivenUp() Shape {
	return Shape{
		Name: "net-lookup-given-up",
		Doc:  "Nobody waits any more for a lookup whose goroutine is still asking a server that never answers.",
		Run: func(t testing.TB) {
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
			defer cancel()
			r := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
				if ctx.Err() == nil {
					time.Sleep(50 * time.Millisecond) // it does not look at its context meanwhile
				}
				return nil, os.ErrDeadlineExceeded
			}}
			if _, err := r.LookupIPAddr(ctx, "leakshapes.invalid."); err == nil {
				t.Fatal("the name is there")
			}
		},
	}
}

func netDialClosedPort() Shape {
	return Shape{
		Name: "net-dial-closed-port",
		Doc:  "Two addresses of one name are dialed in goroutines that race, and the slower ends after the other's answer.",
		Run: func(t testing.TB) {
			l := listenLoopback(t)
			_, port, err := net.SplitHostPort(l.Addr().String())
			noError(t, err)
			noError(t, l.Close())
			d := &net.Dialer{FallbackDelay: time.Microsecond}
			c, err := d.DialContext(t.Context(), "tcp", net.JoinHostPort("localhost", port))
			if err == nil {
				c.Close() // another program took the port
			}
		},
	}
}

func tlsHandshake() Shape {
	return Shape{
		Name: "tls-handshake",
		Doc:  "Each side of a handshake has a goroutine that watches its context.",
		Run: func(t testing.TB) {
			srv := httptest.NewUnstartedServer(http.NotFoundHandler()) // for its certificate
			srv.StartTLS()
			defer srv.Close()
			near, far := net.Pipe()
			defer near.Close()
			var server sync.WaitGroup
			server.Go(func() {
				defer far.Close()
				c := tls.Server(far, srv.TLS)
				if c.HandshakeContext(t.Context()) == nil {
					io.Copy(c, c)
				}
			})
			trust := srv.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
			trust.ServerName = "example.com"
			trust.NextProtos = nil
			c := tls.Client(near, trust)
			noError(t, c.HandshakeContext(t.Context()))
			askEcho(t, c)
			noError(t, c.Close())
			server.Wait()
		},
	}
}

func rpcOverPipe() Shape {
	return Shape{
		Name: "rpc-over-pipe",
		Doc:  "An RPC client and server read in goroutines of their own, which end when the client has closed.",
		Run: func(t testing.TB) {
			near, far := net.Pipe()
			srv := rpc.NewServer()
			noError(t, srv.RegisterName("Sum", &summing{}))
			go srv.ServeConn(far)
			c := rpc.NewClient(near)
			defer c.Close()
			for i := range 3 {
				var sum int
				noError(t, c.Call("Sum.Double", i, &sum))
				if sum != 2*i {
					t.Fatal(i, sum)
				}
			}
		},
	}
}

// summing is an RPC service.
type summing struct{}

// Double is called over the connection.
func (*summing) Double(n int, reply *int) error {
	*reply = 2 * n
	return nil
}
