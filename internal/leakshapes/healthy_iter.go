package leakshapes

import (
	"iter"
	"slices"
	"testing"
)

func iterPullStopped() Shape {
	return Shape{
		Name: "iter-pull-stopped",
		Doc:  "A pulled sequence is a goroutine that waits for its next turn, until stop ends it.",
		Run: func(t testing.TB) {
			next, stop := iter.Pull(countUp)
			defer stop()
			for want := range 3 {
				if got, ok := next(); !ok || got != want {
					t.Fatal(got, ok)
				}
			}
		},
	}
}

func iterPullToTheEnd() Shape {
	return Shape{
		Name: "iter-pull-to-the-end",
		Doc:  "Two sequences are pulled in step to their ends, and need no stop.",
		Run: func(t testing.TB) {
			one, _ := iter.Pull(slices.Values([]int{1, 2, 3}))
			two, _ := iter.Pull2(slices.All([]int{1, 2, 3}))
			for {
				a, more := one()
				_, b, also := two()
				if a != b || more != also {
					t.Fatal(a, b)
				}
				if !more {
					return
				}
			}
		},
	}
}

func iterPullInWorker() Shape {
	return Shape{
		Name: "iter-pull-in-worker",
		Doc:  "A sequence is pulled by one goroutine, handed to another and stopped by a third.",
		Run: func(t testing.TB) {
			next, stop := iter.Pull(countUp)
			first := make(chan int)
			go func() {
				n, _ := next()
				first <- n
			}()
			if n := <-first; n != 0 {
				t.Fatal(n)
			}
			if n, _ := next(); n != 1 {
				t.Fatal(n)
			}
			go stop()
		},
	}
}

// countUp has no end.
func countUp(yield func(int) bool) {
	for n := 0; yield(n); n++ {
	}
}
