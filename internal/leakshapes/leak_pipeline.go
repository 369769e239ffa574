package leakshapes

import (
	"runtime"
	"sync"
	"testing"
)

func pipelineHalfClosed() Shape {
	return Shape{
		Name:    "pipeline-half-closed",
		Doc:     "The last stage takes one value and leaves, and the stages before it stand with the next ones.",
		Source:  saioc + ": no receiver",
		Stays:   2,
		Forever: true,
		Run: func(t testing.TB) {
			if n := <-squares(numbers(2, 9)); n != 4 {
				t.Errorf("the square of 2 is %d", n)
			}
		},
	}
}

func numbers(from, to int) <-chan int {
	out := make(chan int)
	go func() { // stays
		defer close(out)
		for n := from; n <= to; n++ {
			out <- n
		}
	}()
	return out
}

func squares(in <-chan int) <-chan int {
	out := make(chan int)
	go func() { // stays
		defer close(out)
		for n := range in {
			out <- n * n
		}
	}()
	return out
}

func fanInNeverCloses() Shape {
	return Shape{
		Name:    "fan-in-never-closes",
		Doc:     "One of three sources is never closed, so the fan-in waits for it and the printer waits for the fan-in.",
		Stays:   3,
		Forever: true,
		Run: func(testing.TB) {
			a, b, c := make(chan string), make(chan string), make(chan string)
			all := fanIn(a, b, c)
			lines := make(chan []string, 1)
			go func() { // stays
				var printed []string
				for l := range all {
					printed = append(printed, l)
				}
				lines <- printed
			}()
			a <- "from a"
			b <- "from b"
			close(a)
			close(b)
		},
	}
}

func fanIn(sources ...<-chan string) <-chan string {
	out := make(chan string)
	var open sync.WaitGroup
	for _, s := range sources {
		open.Go(func() { // stays
			for line := range s {
				out <- line
			}
		})
	}
	go func() { // stays
		open.Wait()
		close(out)
	}()
	return out
}

func teeOneBranchLeft() Shape {
	return Shape{
		Name:    "tee-one-branch-left",
		Doc:     "A tee gives each record to the store and to the audit, and the audit has had enough after one.",
		Stays:   2,
		Forever: true,
		Run: func(testing.TB) {
			records, store, audit := make(chan string), make(chan string), make(chan string)
			go func() { // stays
				for r := range records {
					store <- r
					audit <- r
				}
			}()
			go func() { // stays
				for r := range store {
					_ = len(r)
				}
			}()
			records <- "first"
			<-audit
			records <- "second"
			close(records)
		},
	}
}

func generatorAbandoned() Shape {
	return Shape{
		Name:    "generator-abandoned",
		Doc:     "A tree is walked by a goroutine that sends its leaves, and a search stops at the one it looked for.",
		Source:  saioc + ": no receiver",
		Stays:   1,
		Forever: true,
		Run: func(t testing.TB) {
			for leaf := range leaves([]string{"ash", "beech", "cedar"}) {
				if leaf == "beech" {
					return
				}
			}
			t.Error("no beech")
		},
	}
}

func leaves(names []string) <-chan string {
	out := make(chan string)
	go func() { // stays
		defer close(out)
		for _, n := range names {
			out <- n
		}
	}()
	return out
}

func poolNotStopped() Shape {
	return Shape{
		Name:    "pool-not-stopped",
		Doc:     "A pool's workers end by its Stop, which its user does not call.",
		Source:  saioc + ": method contract violation",
		Stays:   3,
		Forever: true,
		Run: func(t testing.TB) {
			p := newHashPool(3)
			if p.hash("a text") == 0 {
				t.Error("no hash")
			}
		},
	}
}

type hashPool struct {
	texts   chan string
	hashes  chan int
	workers sync.WaitGroup
}

func newHashPool(workers int) *hashPool {
	p := &hashPool{texts: make(chan string), hashes: make(chan int)}
	for range workers {
		p.workers.Go(func() { // stays 3
			for t := range p.texts {
				p.hashes <- 31 * len(t)
			}
		})
	}
	return p
}

func (p *hashPool) hash(text string) int {
	p.texts <- text
	return <-p.hashes
}

func consumerExits() Shape {
	return Shape{
		Name:    "consumer-exits",
		Doc:     "A consumer ends itself by runtime.Goexit, as t.Fatal does, at the first value it did not expect.",
		Source:  goker + ": moby#21233",
		Stays:   3,
		Forever: true,
		Run: func(testing.TB) {
			progress, done := make(chan int), make(chan struct{})
			go func() {
				defer close(done)
				for p := range progress {
					if p > 0 {
						runtime.Goexit()
					}
				}
			}()
			for layer := range 4 {
				go func() { progress <- layer + 1 }() // stays 3
			}
			<-done
		},
	}
}
