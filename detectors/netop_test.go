package detectors_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
)

// The stacks are what programs of Go 1.22 to 1.27 left in traces, shortened at the bottom.
func TestNetOp(t *testing.T) {
	type op = detectors.NetOp
	const idle = true
	tcp := func(mode detectors.NetMode, idle bool) op { return op{FD: detectors.FDTCP, Mode: mode, Idle: idle} }
	read := func(fns ...string) []string { return slices.Concat(tcpRead, fns) }
	write := func(fns ...string) []string { return slices.Concat(tcpWrite, fns) }
	waits := func(what, method string, fns ...string) []string {
		return append([]string{"internal/poll.runtime_pollWait", "internal/poll.(*pollDesc).wait", "internal/poll.(*pollDesc)." + what, method}, fns...)
	}
	for _, c := range []struct {
		name  string
		stack []string
		want  op
	}{
		{"tcp accept", slices.Concat(tcpAccept, []string{"net/http.(*Server).Serve", "main.main"}), tcp(detectors.NetAccept, idle)},
		{"tcp connect", waits("waitWrite", "internal/poll.(*FD).WaitWrite", "net.(*netFD).connect", "net.(*netFD).dial", "net.socket", "net.internetSocket", "net.(*sysDialer).doDialTCPProto", "net.(*sysDialer).dialTCP", "net.(*Dialer).DialContext", "net.Dial", "main.dial"),
			tcp(detectors.NetConnect, false)},
		{"tcp read", read("io.ReadAtLeast", "io.ReadFull", "main.ping"), tcp(detectors.NetRead, false)},
		{"tcp write", write("main.push"), tcp(detectors.NetWrite, false)},
		{"tcp read through TLS", read("crypto/tls.(*atLeastReader).Read", "bytes.(*Buffer).ReadFrom", "crypto/tls.(*Conn).readFromUntil", "crypto/tls.(*Conn).Read", "main.ping"), tcp(detectors.NetRead, false)},
		{"tcp writev", waits("waitWrite", "internal/poll.(*FD).Writev", "net.(*netFD).writeBuffers", "net.(*conn).writeBuffers", "net.(*Buffers).WriteTo", "main.push"), tcp(detectors.NetWrite, false)},
		{"a file sent over tcp", waits("waitWrite", "internal/poll.sendFile", "internal/poll.SendFile", "net.sendFile", "net.(*TCPConn).readFrom", "net.(*TCPConn).ReadFrom", "io.copyBuffer", "io.Copy", "main.send"),
			tcp(detectors.NetWrite, false)},
		{"tcp spliced to tcp", waits("waitRead", "internal/poll.spliceDrain", "internal/poll.Splice", "net.spliceFrom", "net.(*TCPConn).readFrom", "net.(*TCPConn).ReadFrom", "io.copyBuffer", "io.Copy", "main.proxy"),
			tcp(detectors.NetRead, false)},
		{"a download into a file", read("net/http.(*persistConn).Read", "bufio.(*Reader).Read", "io.(*LimitedReader).Read", "net/http.(*body).readLocked", "net/http.(*body).Read", "net/http.(*bodyEOFSignal).Read", "io.copyBuffer", "io.Copy", "os.genericReadFrom", "os.(*File).ReadFrom", "io.copyBuffer", "io.Copy", "main.download"),
			detectors.NetOp{FD: detectors.FDTCP, Mode: detectors.NetRead, Body: true}},

		{"udp read", waits("waitRead", "internal/poll.(*FD).ReadFromInet4", "net.(*netFD).readFromInet4", "net.(*UDPConn).readFrom", "net.(*UDPConn).readFromUDP", "net.(*UDPConn).ReadFrom", "main.listen"),
			op{FD: detectors.FDUDP, Mode: detectors.NetRead}},
		{"udp message", waits("waitRead", "internal/poll.(*FD).ReadMsgInet6", "net.(*netFD).readMsgInet6", "net.(*UDPConn).readMsg", "net.(*UDPConn).ReadMsgUDPAddrPort", "main.listen"),
			op{FD: detectors.FDUDP, Mode: detectors.NetRead}},
		{"udp write", waits("waitWrite", "internal/poll.(*FD).WriteToInet4", "net.(*netFD).writeToInet4", "net.(*UDPConn).writeTo", "net.(*UDPConn).WriteTo", "main.send"),
			op{FD: detectors.FDUDP, Mode: detectors.NetWrite}},

		{"unix accept", waits("waitRead", "internal/poll.(*FD).Accept", "net.(*netFD).accept", "net.(*UnixListener).accept", "net.(*UnixListener).Accept", "main.serve"),
			op{FD: detectors.FDUnix, Mode: detectors.NetAccept, Idle: idle}},
		{"unix connect", waits("waitWrite", "internal/poll.(*FD).WaitWrite", "net.(*netFD).connect", "net.(*netFD).dial", "net.socket", "net.unixSocket", "net.(*sysDialer).dialUnix", "net.(*Dialer).DialContext", "net.Dial", "main.dial"),
			op{FD: detectors.FDUnix, Mode: detectors.NetConnect}},
		{"unix message", waits("waitRead", "internal/poll.(*FD).ReadMsg", "net.(*netFD).readMsg", "net.(*UnixConn).readMsg", "net.(*UnixConn).ReadMsgUnix", "main.serve"),
			op{FD: detectors.FDUnix, Mode: detectors.NetRead}},
		{"unix read, which looks like tcp", read("main.exchangeUnix"), tcp(detectors.NetRead, false)},

		{"pipe read", waits("waitRead", "internal/poll.(*FD).Read", "os.(*File).read", "os.(*File).Read", "io.copyBuffer", "io.Copy", "main.drain"),
			op{FD: detectors.FDFile, Mode: detectors.NetRead}},
		{"pipe write", waits("waitWrite", "internal/poll.(*FD).Write", "os.(*File).write", "os.(*File).Write", "main.drain"),
			op{FD: detectors.FDFile, Mode: detectors.NetWrite}},
		{"a pipe copied to tcp", waits("waitRead", "internal/poll.(*FD).Read", "os.(*File).read", "os.(*File).Read", "io.copyBuffer", "net.genericReadFrom", "net.(*TCPConn).ReadFrom", "io.Copy", "main.drain"),
			op{FD: detectors.FDFile, Mode: detectors.NetRead}},
		{"a descriptor of somebody's own", waits("waitRead", "internal/poll.(*FD).RawRead", "net.(*rawConn).Read", "main.sniff"), tcp(detectors.NetRead, false)},

		{"http server, idle", read("net/http.(*connReader).Read", "bufio.(*Reader).fill", "bufio.(*Reader).Peek", "net/http.(*conn).serve"), tcp(detectors.NetRead, idle)},
		{"http server, idle, TLS", read("crypto/tls.(*atLeastReader).Read", "crypto/tls.(*Conn).Read", "net/http.(*connReader).Read", "bufio.(*Reader).fill", "bufio.(*Reader).Peek", "net/http.(*conn).serve"), tcp(detectors.NetRead, idle)},
		{"http server, reading a request", read("net/http.(*connReader).Read", "bufio.(*Reader).fill", "bufio.(*Reader).ReadLine", "net/textproto.(*Reader).ReadLine", "net/http.readRequest", "net/http.(*conn).readRequest", "net/http.(*conn).serve"), tcp(detectors.NetRead, idle)},
		{"http server, noticing that the client goes away", read("net/http.(*connReader).backgroundRead"), tcp(detectors.NetRead, idle)},
		{"http handler, reading the body", read("net/http.(*connReader).Read", "bufio.(*Reader).Read", "io.(*LimitedReader).Read", "net/http.(*body).Read", "io.ReadAll", "main.upload", "net/http.HandlerFunc.ServeHTTP", "net/http.(*conn).serve"), tcp(detectors.NetRead, false)},
		{"http handler, calling out", read("github.com/lib/pq.(*conn).recv", "main.query", "net/http.HandlerFunc.ServeHTTP", "net/http.(*conn).serve"), tcp(detectors.NetRead, false)},
		{"http handler, answering a slow client", write("net/http.checkConnErrorWriter.Write", "bufio.(*Writer).Flush", "net/http.(*response).Write", "main.download", "net/http.HandlerFunc.ServeHTTP", "net/http.(*conn).serve"), tcp(detectors.NetWrite, false)},
		{"http client, background", read("net/http.(*persistConn).Read", "bufio.(*Reader).fill", "bufio.(*Reader).Peek", "net/http.(*persistConn).readLoop"), tcp(detectors.NetRead, idle)},
		{"http client, caller", slices.Concat(awaitsHTTP, []string{"main.get"}), tcp(detectors.NetRead, false)},
		{"http client, reading the answer", read("net/http.(*persistConn).Read", "bufio.(*Reader).Read", "net/http.(*body).Read", "net/http.(*bodyEOFSignal).Read", "io.ReadAll", "main.get"), detectors.NetOp{FD: detectors.FDTCP, Mode: detectors.NetRead, Body: true}},
		{"http/2 client, caller", []string{"runtime.selectgo", "net/http.(*http2ClientConn).roundTrip", "net/http.(*http2Transport).RoundTripOpt", "net/http.(*Client).do", "main.get"}, tcp(detectors.NetRead, false)},
		{"http/2 client, caller, Go 1.27", []string{"runtime.selectgo", "net/http/internal/http2.(*ClientConn).roundTrip", "net/http/internal/http2.(*Transport).RoundTrip", "net/http.(*Client).do", "main.get"}, tcp(detectors.NetRead, false)},
		{"http/2 client, sending, Go 1.27", []string{"runtime.selectgo", "net/http/internal/http2.(*clientStream).writeRequest", "net/http/internal/http2.(*clientStream).doRequest"}, tcp(detectors.NetRead, false)},
		{"http/2 client, background, Go 1.27", read("io.ReadFull", "net/http/internal/http2.(*Framer).ReadFrame", "net/http/internal/http2.(*clientConnReadLoop).run", "net/http/internal/http2.(*ClientConn).readLoop"), tcp(detectors.NetRead, idle)},
		{"http/2 server, Go 1.27", read("io.ReadFull", "net/http/internal/http2.(*Framer).ReadFrame", "net/http/internal/http2.(*serverConn).readFrames"), tcp(detectors.NetRead, idle)},
		{"http/2 client, caller, golang.org/x/net", []string{"runtime.selectgo", "golang.org/x/net/http2.(*ClientConn).roundTrip", "golang.org/x/net/http2.(*Transport).RoundTripOpt", "main.get"}, tcp(detectors.NetRead, false)},
		{"http/2 client, background", read("bufio.(*Reader).Read", "io.ReadAtLeast", "io.ReadFull", "net/http.http2readFrameHeader", "net/http.(*http2Framer).ReadFrame", "net/http.(*http2clientConnReadLoop).run", "net/http.(*http2ClientConn).readLoop"), tcp(detectors.NetRead, idle)},
		{"http/2 server", read("io.ReadAtLeast", "io.ReadFull", "net/http.http2readFrameHeader", "net/http.(*http2Framer).ReadFrame", "net/http.(*http2serverConn).readFrames"), tcp(detectors.NetRead, idle)},
		{"http/2 server, golang.org/x/net", read("io.ReadFull", "golang.org/x/net/http2.readFrameHeader", "golang.org/x/net/http2.(*Framer).ReadFrame", "golang.org/x/net/http2.(*serverConn).readFrames"), tcp(detectors.NetRead, idle)},
		{"http/2 client, background, golang.org/x/net", read("io.ReadFull", "golang.org/x/net/http2.(*Framer).ReadFrame", "golang.org/x/net/http2.(*clientConnReadLoop).run", "golang.org/x/net/http2.(*ClientConn).readLoop"), tcp(detectors.NetRead, idle)},
		{"grpc server", read("bufio.(*Reader).Read", "io.ReadFull", "golang.org/x/net/http2.(*Framer).ReadFrame", "google.golang.org/grpc/internal/transport.(*http2Server).HandleStreams", "google.golang.org/grpc.(*Server).serveStreams"), tcp(detectors.NetRead, idle)},
		{"grpc client", read("bufio.(*Reader).Read", "io.ReadFull", "golang.org/x/net/http2.(*Framer).ReadFrame", "google.golang.org/grpc/internal/transport.(*http2Client).reader"), tcp(detectors.NetRead, idle)},

		{"no wait for the network", []string{"runtime.selectgo", "net/http.(*persistConn).writeLoop"}, op{}},
		{"a lock in the network's code", []string{"sync.(*Mutex).Lock", "net/http.(*Server).trackConn", "net/http.(*conn).setState", "net/http.(*conn).serve"}, op{}},
		{"a channel", []string{"runtime.chanrecv1", "main.work"}, op{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, s := stackOf(c.stack...)
			require.Equal(t, c.want, s.Net, "%v %v", s.Net.FD, s.Net.Mode)
		})
	}
}

func TestNetNames(t *testing.T) {
	var fds, modes []string
	for fd := detectors.FDNone; fd <= detectors.NumFDTypes; fd++ {
		fds = append(fds, fd.String())
	}
	require.Equal(t, []string{"none", "tcp", "udp", "unix", "file", "other", "other"}, fds)
	for mode := detectors.NetOther; mode <= detectors.NumNetModes; mode++ {
		modes = append(modes, mode.String())
	}
	require.Equal(t, []string{"other", "accept", "connect", "read", "write", "write"}, modes)
}

func TestLock(t *testing.T) {
	for _, c := range []struct {
		want  string
		stack []string
	}{
		{"mutex", []string{"sync.(*Mutex).Lock", "main.work"}},
		{"mutex", []string{"sync.runtime_SemacquireMutex", "sync.(*Mutex).lockSlow", "sync.(*Mutex).Lock", "main.work"}}, // before Go 1.24
		{"mutex", []string{"internal/sync.runtime_SemacquireMutex", "internal/sync.(*Mutex).lockSlow", "internal/sync.(*Mutex).Lock", "sync.(*Mutex).Lock", "main.work"}},
		{"mutex", []string{"sync.(*Mutex).Lock", "sync.(*Once).doSlow", "sync.(*Once).Do", "main.work"}},
		{"mutex", []string{"sync.(*Mutex).Lock", "sync.(*Pool).pinSlow", "sync.(*Pool).Get", "net/http.newBufioReader", "net/http.(*conn).serve"}},
		{"mutex", []string{"sync.(*Mutex).Lock", "main.work", "sync.(*WaitGroup).Wait"}},
		{"rwmutex", []string{"sync.runtime_SemacquireRWMutexR", "sync.(*RWMutex).RLock", "main.work"}},
		{"rwmutex", []string{"sync.runtime_SemacquireRWMutex", "sync.(*RWMutex).Lock", "main.work"}},
		{"rwmutex", []string{"internal/sync.(*Mutex).lockSlow", "internal/sync.(*Mutex).Lock", "sync.(*Mutex).Lock", "sync.(*RWMutex).Lock", "main.work"}},
		{"waitgroup", []string{"sync.runtime_SemacquireWaitGroup", "sync.(*WaitGroup).Wait", "main.work"}},
		{"waitgroup", []string{"sync.(*WaitGroup).Wait", "net/http.(*Server).Shutdown", "main.work"}},
		{"cond", []string{"sync.runtime_notifyListWait", "sync.(*Cond).Wait", "main.work"}},
		{"cond", []string{"sync.(*Cond).Wait", "net/http.(*connReader).abortPendingRead", "net/http.(*conn).serve"}},
		{"gc", []string{"runtime.gcStart", "runtime.mallocgc", "main.work"}},
		{"gc", []string{"runtime.gcMarkDone", "runtime.gcAssistAlloc", "main.work"}},
		{"world", []string{"runtime.stopTheWorld", "runtime.ReadMemStats", "main.work"}},
		{"none", []string{"internal/poll.runtime_Semacquire", "internal/poll.(*fdMutex).rwlock", "internal/poll.(*FD).writeLock", "internal/poll.(*FD).Write", "main.work"}},
		{"none", []string{"runtime.chanrecv1", "main.work"}},
		{"none", []string{"main.work", "sync.(*Once).doSlow"}},
	} {
		_, s := stackOf(c.stack...)
		require.Equal(t, c.want, s.Lock.String(), "%v", c.stack)
	}
	require.Equal(t, "world", (detectors.LockWorld + 1).String())
}
