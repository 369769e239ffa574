package leaktest_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/faketest"
	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

// pool is what a package has for the whole process: its worker is started by who comes first.
var pool struct {
	once sync.Once
	work chan func()
}

func submit(f func()) {
	pool.once.Do(func() {
		pool.work = make(chan func())
		go func() {
			for f := range pool.work {
				f()
			}
		}()
	})
	done := make(chan bool)
	pool.work <- func() { f(); close(done) }
	<-done
}

// shared starts a worker too, by a function that does it once.
var shared = sync.OnceValue(func() chan int {
	ch := make(chan int)
	go stuck(ch)
	return ch
})

// What is started once for the whole process is nobody's leak, and it is said.
func TestOnceOfProcess(t *testing.T) {
	if !alone(t) { // whatever started them before
		return
	}
	for name, start := range map[string]func(){
		"Once":      func() { submit(func() {}) },
		"OnceValue": func() { shared() },
	} {
		r := checked(func(testing.TB) { start() }, soon)
		require.False(t, r.Failed, r.Log)
		require.Contains(t, r.Log, "it was started once for the whole process", name)
		require.Equal(t, faketest.Result{}, checked(func(testing.TB) { start() }, soon), "it was there before")
	}
}

// One of an object is the object's.
func TestOnceOfObject(t *testing.T) {
	ch := end(t)
	var object struct{ once sync.Once }
	r := checked(func(testing.TB) {
		object.once.Do(func() { go stuck(ch) })
	}, soon)
	require.Contains(t, r.Errors, "1 goroutine that Test")
}

func TestSignalLoop(t *testing.T) {
	if !alone(t) {
		return
	}
	r := checked(func(testing.TB) {
		ch := make(chan os.Signal, 1)
		signal.Notify(ch, os.Interrupt)
		signal.Stop(ch)
	}, soon)
	require.False(t, r.Failed, r.Log)
	require.Contains(t, r.Log, "signal loop")
}

// Idle connections of http.DefaultClient are closed; those of another client are told with what closes them.
func TestIdleConnections(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	get := func(c *http.Client) func(testing.TB) {
		return func(t testing.TB) {
			res, err := c.Get(srv.URL)
			require.NoError(t, err)
			_, err = io.Copy(io.Discard, res.Body)
			require.NoError(t, err)
			require.NoError(t, res.Body.Close())
		}
	}
	require.Equal(t, faketest.Result{}, checked(get(http.DefaultClient)))

	own := &http.Client{Transport: &http.Transport{}}
	defer own.CloseIdleConnections()
	r := checked(get(own), soon)
	require.Contains(t, r.Errors, "2 goroutines that Test")
	require.Contains(t, r.Errors, "client.CloseIdleConnections()")
	require.Contains(t, r.Errors, "TestIdleConnections")
}

// badTransport is a user's that cannot be asked to close anything.
type badTransport struct{ http.RoundTripper }

func (badTransport) CloseIdleConnections() { panic("not today") }

// http.DefaultClient's transport may be the user's. What that does wrong does not become the test's panic.
func TestUsersTransport(t *testing.T) {
	old := http.DefaultClient
	http.DefaultClient = &http.Client{Transport: badTransport{http.DefaultTransport}}
	defer func() { http.DefaultClient = old }()
	r := checked(func(t testing.TB) {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		srv := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Second}
		t.Cleanup(func() { _ = srv.Close() })
		go func() { _ = srv.Serve(ln) }()
		own := &http.Transport{}
		t.Cleanup(func() { time.AfterFunc(20*time.Millisecond, own.CloseIdleConnections) })
		resp, err := (&http.Client{Transport: own}).Get("http://" + ln.Addr().String()) //nolint:noctx // it is about connections
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
	})
	require.Equal(t, faketest.Result{}, r)
}

func TestIgnore(t *testing.T) {
	ch := end(t)
	for name, c := range map[string]struct {
		opt    leaktest.Option
		passes bool
	}{
		"where it is":               {leaktest.IgnoreFunction(here + "stuck"), true},
		"where it began":            {leaktest.IgnoreFunction(here + "TestIgnore"), false},
		"another one":               {leaktest.IgnoreFunction(here + "stuc"), false},
		"who started it, a closure": {leaktest.IgnoreCreatedBy(here + "grandchild"), true},
		"who started it":            {leaktest.IgnoreCreatedBy(here + "grandchild.func1"), true},
		"further out":               {leaktest.IgnoreCreatedBy(here + "TestIgnore"), true},
		"another":                   {leaktest.IgnoreCreatedBy(here + "stuck"), false},
	} {
		t.Run(name, func(t *testing.T) {
			r := checked(func(testing.TB) { grandchild(ch) }, soon, c.opt)
			require.Equal(t, !c.passes, r.Failed, r.Log)
		})
	}
}

// An option that makes no sense is said, and lets the test fail.
func TestOptions(t *testing.T) {
	for want, opt := range map[string]leaktest.Option{
		`IgnoreFunction("readLoop")`:       leaktest.IgnoreFunction("readLoop"),
		`IgnoreCreatedBy("net/http.*")`:    leaktest.IgnoreCreatedBy("net/http.*"),
		`Grace(-1s): must not be negative`: leaktest.Grace(-time.Second),
		`an Option is nil`:                 nil,
		`Cleanup(nil)`:                     leaktest.Cleanup(nil),
	} {
		require.Contains(t, checked(func(testing.TB) {}, opt).Errors, want)
	}
}

// A timer's goroutine has no ancestor. It is the test's in which its function is written, or of the only test.
func TestTimer(t *testing.T) {
	ch := end(t)
	fired := make(chan bool, 1)
	elsewhere := timed(fired, ch)
	wait := func(f func()) func(testing.TB) {
		return func(testing.TB) {
			time.AfterFunc(0, f)
			<-fired
		}
	}
	r := checked(wait(elsewhere), soon)
	require.Contains(t, r.Errors, "1 goroutine that Test", r.Log)
	require.Contains(t, r.Errors, "a timer (time.AfterFunc)")

	// With another test at work nobody can tell.
	var both sync.WaitGroup
	begun, done := make(chan bool), make(chan bool)
	both.Go(func() {
		faketest.Run("TestOther", func(t testing.TB) {
			leaktest.Check(t, soon)
			close(begun)
			<-done
		})
	})
	<-begun
	r = checked(wait(elsewhere), soon)
	close(done)
	both.Wait()
	require.False(t, r.Failed, r.Errors)
	require.Contains(t, r.Log, "may be this test's")
}

//go:noinline
func timed(fired chan<- bool, ch chan int) func() {
	return func() {
		fired <- true
		stuck(ch)
	}
}
