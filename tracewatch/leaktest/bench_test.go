package leaktest_test

import (
	"io"
	"runtime/trace"
	"testing"

	"github.com/gotracewatch/tracewatch/internal/faketest"
	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

// BenchmarkCheck is what a test that leaks nothing pays: alone, with Main, without a trace; beside what beginning and
// ending a trace takes by itself, and a test without a check.
func BenchmarkCheck(b *testing.B) {
	run := func(f func(testing.TB)) func(b *testing.B) {
		return func(b *testing.B) {
			for b.Loop() {
				if r := faketest.Run("TestX", f); r.Failed {
					b.Fatal(r.Errors)
				}
			}
		}
	}
	b.Run("nothing", run(func(testing.TB) { healthy() }))
	b.Run("trace.Start and Stop", run(func(t testing.TB) {
		if err := trace.Start(io.Discard); err != nil {
			t.Fatal(err)
		}
		healthy()
		trace.Stop()
	}))
	b.Run("Check", run(func(t testing.TB) {
		leaktest.Check(t)
		healthy()
	}))
	b.Run("Check, without trace", run(func(t testing.TB) {
		leaktest.Check(t, leaktest.WithoutTrace())
		healthy()
	}))
	b.Run("Check, trace runs", func(b *testing.B) {
		faketest.Run("TestAround", func(t testing.TB) {
			leaktest.Check(t)
			run(func(t testing.TB) {
				leaktest.Check(t)
				healthy()
			})(b)
		})
	})
}
