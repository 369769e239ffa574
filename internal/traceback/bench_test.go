package traceback_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/gotracewatch/tracewatch/internal/traceback"
)

// BenchmarkAll compares with what the runtime takes alone, in a process with so many goroutines more.
func BenchmarkAll(b *testing.B) {
	for _, n := range []int{10, 1000} {
		end := make(chan int)
		for range n {
			go func() { <-end }()
		}
		for runtime.Gosched(); len(all()) < n; {
			runtime.Gosched()
		}
		buf := make([]byte, 1<<20)
		b.Run(fmt.Sprintf("goroutines=%d/Stack", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				runtime.Stack(buf, true)
			}
		})
		b.Run(fmt.Sprintf("goroutines=%d/All", n), func(b *testing.B) {
			b.ReportAllocs()
			var r traceback.Reader
			for b.Loop() {
				r.All()
			}
		})
		text := string(buf[:runtime.Stack(buf, true)])
		b.Run(fmt.Sprintf("goroutines=%d/Parse", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				traceback.Parse(text)
			}
		})
		close(end)
	}
}

func BenchmarkCurrent(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		traceback.Current()
	}
}
