// Command states prints a traceback of goroutines in every state that a program gets them into, to record it:
//
//	GODEBUG=tracebacklabels=0 go run -trimpath ./testdata/states >testdata/go1.26.txt
//	GODEBUG=tracebacklabels=1,tracebackancestors=2 go run -trimpath ./testdata/states >testdata/go1.26-labels.txt
package main

import (
	"context"
	"io"
	"iter"
	"net"
	"os"
	"runtime"
	"runtime/pprof"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Nobody sends on the one, nobody receives from the other.
var forever, full = make(chan int), make(chan int)

type waiter struct{ mu sync.Mutex }

func (w *waiter) lock()         { w.mu.Lock() }
func (w waiter) value()         { <-forever }
func wait[T any](ch chan T)     { <-ch }
func deep(n int, then func())   { deeper(n-1, then) }
func inlined(ch chan int)       { <-ch }
func noreturn(ch chan struct{}) { select {} }

type pair[K, V any] struct{ ch chan K }

func (p *pair[K, V]) wait() { <-p.ch }

//go:noinline
func deeper(n int, then func()) {
	if n == 0 {
		then()
		return
	}
	deep(n, then)
}

func states(t *testing.T) {
	go func() { var ch chan int; <-ch }()
	go func() { var ch chan int; ch <- 1 }()
	go noreturn(nil)
	go func() { full <- 1 }()
	go func() {
		select {
		case <-forever:
		case full <- 1:
		}
	}()
	go func() {
		for range forever {
		}
	}()
	go wait(forever)
	go (&pair[string, map[string]int]{make(chan string)}).wait()
	w := &waiter{}
	w.mu.Lock()
	go w.lock()
	locks := w.lock
	go locks()
	go waiter{}.value()
	var rw sync.RWMutex
	rw.Lock()
	go func() { rw.RLock() }()
	go func() { rw.Lock() }()
	var wg sync.WaitGroup
	wg.Add(1)
	go wg.Wait()
	wg2 := new(sync.WaitGroup)
	wg2.Go(func() { inlined(forever) })
	go func() {
		var m sync.Mutex
		m.Lock()
		sync.NewCond(&m).Wait()
	}()
	go time.Sleep(time.Hour)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go l.Accept()
	go func() {
		r, _, err := os.Pipe()
		if err != nil {
			panic(err)
		}
		r.Read(make([]byte, 1))
	}()
	go func() {
		r, w, err := os.Pipe()
		if err != nil {
			panic(err)
		}
		defer w.Close()
		fd := int(r.Fd()) // from here on it blocks its thread
		_ = fd
		r.Read(make([]byte, 1))
	}()
	go func() {
		next, _ := iter.Pull(func(yield func(int) bool) {
			for yield(1) {
			}
		})
		next()
		<-forever
	}()
	go func() {
		runtime.LockOSThread()
		<-forever
	}()
	go func() {
		defer func() {
			recover()
			<-forever
		}()
		var m map[string]int
		m["x"] = 1
	}()
	go func() {
		defer func() { <-forever }()
		panic("created by nobody in goroutine 1")
	}()
	go deep(120, func() { <-forever })
	time.AfterFunc(time.Millisecond, func() { <-forever })
	pprof.Do(context.Background(), pprof.Labels("request", "a ]:\n\ngoroutine 7 [select]:", "plain", "x/y.z"), func(context.Context) {
		go wait(forever)
	})
	go func() {
		go func() { go wait(forever) }()
	}()
	go odd()
	go windows()
	go func() {
		for {
		}
	}()
	go synctest.Test(t, func(t *testing.T) {
		inside := make(chan int)
		go func() { <-inside }()
		go func() { inside <- 1; inside <- 1 }()
		go func() {
			select {
			case <-inside:
			case <-forever:
			}
		}()
		go func() { var ch chan int; <-ch }()
		go func() { time.Sleep(time.Hour); <-inside }()
		go func() {
			var wg sync.WaitGroup
			wg.Add(1)
			wg.Wait()
		}()
		<-forever
	})
}

func main() {
	testing.Init()
	testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: "states", F: func(t *testing.T) {
		states(t)
		time.Sleep(200 * time.Millisecond) // they have to get there
		if p := pprof.Lookup("goroutineleak"); p != nil {
			p.WriteTo(io.Discard, 0)
		}
		buf := make([]byte, 1<<20)
		os.Stdout.Write(buf[:runtime.Stack(buf, true)])
		os.Exit(0)
	}}}, nil, nil)
}

func odd() {
//line /a path/with: colons:7/odd file.go:12
	<-forever
}

func windows() {
//line C:/Users/a b/x.go:34
	<-forever
}
