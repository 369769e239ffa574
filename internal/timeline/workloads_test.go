package timeline

import (
	"bytes"
	"encoding/json"
	"runtime/debug"
	"runtime/trace"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// record records what this process does in f.
func record(tb testing.TB, f func()) []byte {
	tb.Helper()
	var buf bytes.Buffer
	require.NoError(tb, trace.Start(&buf))
	f()
	trace.Stop()
	return buf.Bytes()
}

// recordGC records a program that mostly allocates, for that long: it takes documents apart and
// puts them together again.
func recordGC(tb testing.TB, d time.Duration) []byte {
	defer debug.SetGCPercent(debug.SetGCPercent(25))
	type item struct {
		Name string
		Tags []string
		Of   map[string]*item
	}
	leaf := &item{Name: "leaf", Tags: strings.Fields(strings.Repeat("a tag ", 20))}
	document, err := json.Marshal(&item{Name: "root", Of: map[string]*item{"a": leaf, "b": leaf, "c": {Of: map[string]*item{"d": leaf}}}})
	require.NoError(tb, err)
	return record(tb, func() {
		var wg sync.WaitGroup
		end := time.Now().Add(d)
		for range 16 {
			wg.Go(func() {
				work, done := make(chan []byte), make(chan *item)
				defer close(work)
				go func() {
					for data := range work {
						x := new(item)
						if json.Unmarshal(data, x) != nil {
							x = nil
						}
						done <- x
					}
				}()
				for kept := make([]*item, 256); time.Now().Before(end); {
					work <- document
					copy(kept, kept[1:])
					kept[len(kept)-1] = <-done
				}
			})
		}
		wg.Wait()
	})
}

// recordTrees records a program that allocates deep in recursions, each in another one, for
// that long.
func recordTrees(tb testing.TB, d time.Duration) []byte {
	defer debug.SetGCPercent(debug.SetGCPercent(25))
	type node struct{ left, right *node }
	var tree func(depth int) *node
	tree = func(depth int) *node {
		if depth == 0 {
			return new(node)
		}
		return &node{tree(depth - 1), tree(depth - 1)}
	}
	return record(tb, func() {
		var wg sync.WaitGroup
		end := time.Now().Add(d)
		for range 16 {
			wg.Go(func() {
				live := tree(12)
				work, done := make(chan int), make(chan *node)
				defer close(work)
				go func() {
					for depth := range work {
						done <- tree(depth)
					}
				}()
				for time.Now().Before(end) {
					work <- 9
					live.left, live.right = live.right, <-done
				}
			})
		}
		wg.Wait()
	})
}

// recordGoroutines records many goroutines that hand things on to each other, and many
// that begin and end, for that long.
func recordGoroutines(tb testing.TB, n int, d time.Duration) []byte {
	return record(tb, func() {
		var wg sync.WaitGroup
		end := time.Now().Add(d)
		for range n / 100 {
			ring := make([]chan int, 100)
			for i := range ring {
				ring[i] = make(chan int, 1)
			}
			for i := range ring {
				wg.Go(func() {
					next := ring[(i+1)%len(ring)]
					defer close(next)
					for x := range ring[i] {
						if time.Now().After(end) {
							return
						}
						if x%10 == 0 {
							wg.Go(func() {})
						}
						next <- x + 1
					}
				})
			}
			ring[0] <- 1
		}
		wg.Wait()
	})
}
