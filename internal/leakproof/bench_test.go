package leakproof_test

import (
	"fmt"
	"io"
	"runtime"
	"runtime/pprof"
	"testing"

	"github.com/gotracewatch/tracewatch/internal/leakproof"
)

// BenchmarkAsk asks in a process with so many goroutines, of which all or none are leaked. The
// collection alone is what runtime.GC takes.
func BenchmarkAsk(b *testing.B) {
	if !leakproof.Available() {
		b.Skip("this Go has no goroutineleak profile")
	}
	leaked := 0
	for _, n := range []int{100, 10_000, 100_000} {
		reachable, end := make(chan int), make(chan bool)
		for range n {
			go func() {
				select {
				case <-reachable:
				case <-end:
				}
			}()
		}
		measure(b, fmt.Sprintf("reachable=%d,leaked=%d", n, leaked), "Ask", func() { _, _ = leakproof.Ask() })
		measure(b, fmt.Sprintf("reachable=%d,leaked=%d", n, leaked), "GC", runtime.GC)
		close(end)
		for runtime.NumGoroutine() > leaked+100 {
			runtime.Gosched()
		}
	}
	for _, n := range []int{100, 10_000, 100_000} {
		leak(n - leaked)
		leaked = n
		measure(b, fmt.Sprintf("leaked=%d", n), "Ask", func() { _, _ = leakproof.Ask() })
		measure(b, fmt.Sprintf("leaked=%d", n), "GC", runtime.GC)
		for debug := range 3 {
			measure(b, fmt.Sprintf("leaked=%d", n), fmt.Sprintf("debug=%d", debug), func() {
				_ = pprof.Lookup("goroutineleak").WriteTo(io.Discard, debug)
			})
		}
	}
}

func measure(b *testing.B, of, what string, f func()) {
	b.Run(of+"/"+what, func(b *testing.B) {
		f()
		b.ReportAllocs()
		for b.Loop() {
			f()
		}
	})
}
