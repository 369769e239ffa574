package leakshapes

import (
	"errors"
	"sync"
	"testing"
)

func missingDone() Shape {
	return Shape{
		Name:    "missing-done",
		Doc:     "A page that cannot be fetched returns before its Done, and who closes the results waits for it.",
		Source:  tu + ": WaitGroup",
		Stays:   1,
		Forever: true,
		Run: func(t testing.TB) {
			pages := []string{"news", "", "sports"}
			results := make(chan string, len(pages))
			var fetching sync.WaitGroup
			for _, page := range pages {
				fetching.Add(1)
				go fetchPage(page, results, &fetching)
			}
			go func() { // stays
				fetching.Wait()
				close(results)
			}()
			if <-results == "" {
				t.Error("an empty page")
			}
		},
	}
}

func fetchPage(page string, results chan<- string, fetching *sync.WaitGroup) error {
	if page == "" {
		return errors.New("no such page")
	}
	results <- page
	fetching.Done()
	return nil
}

func tooManyAdds() Shape {
	return Shape{
		Name:    "too-many-adds",
		Doc:     "One more is added for a job that is then left out, and the wait does not end.",
		Source:  gcatch + ": Add and Done that do not match",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			b := &batch{jobs: []string{"resize", "", "store"}, done: make(chan struct{})}
			go b.run() // stays
		},
	}
}

type batch struct {
	jobs    []string
	running sync.WaitGroup
	done    chan struct{}
}

func (b *batch) run() {
	b.running.Add(len(b.jobs))
	for _, j := range b.jobs {
		if j == "" {
			continue
		}
		go b.running.Done()
	}
	b.running.Wait()
	close(b.done)
}

func waitInLoop() Shape {
	return Shape{
		Name:    "wait-in-loop",
		Doc:     "Plugins are loaded at once, but the Wait for all of them stands in the loop that starts them.",
		Source:  tu + ": WaitGroup; " + goker + ": moby#25384",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			go loadPlugins([]string{"network", "volume"}) // stays
		},
	}
}

func loadPlugins(names []string) map[string]bool {
	var mu sync.Mutex
	loaded := make(map[string]bool)
	var loading sync.WaitGroup
	loading.Add(len(names))
	for _, name := range names {
		go func() {
			defer loading.Done()
			mu.Lock()
			defer mu.Unlock()
			loaded[name] = true
		}()
		loading.Wait()
	}
	return loaded
}

func doneSkippedByPanic() Shape {
	return Shape{
		Name:    "done-skipped-by-panic",
		Doc:     "A job panics before its Done, which is not deferred, and the panic is recovered from.",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			var running sync.WaitGroup
			for _, job := range []func(){func() {}, func() { panic("no such user") }} {
				running.Add(1)
				go func() {
					defer func() { _ = recover() }()
					job()
					running.Done()
				}()
			}
			go running.Wait() // stays
		},
	}
}

func waitGroupGo() Shape {
	return Shape{
		Name:    "wait-group-go",
		Doc:     "A worker that sync.WaitGroup.Go started waits for jobs, and nobody closes them or waits for it.",
		Stays:   2,
		Forever: true,
		Run: func(testing.TB) {
			i := &indexer{documents: make(chan string)}
			for range 2 {
				i.running.Go(i.index) // stays 2
			}
			i.documents <- "a text"
		},
	}
}

type indexer struct {
	documents chan string
	running   sync.WaitGroup
}

func (i *indexer) index() {
	for d := range i.documents {
		_ = len(d)
	}
}

func waitBeforeDrain() Shape {
	return Shape{
		Name:    "wait-before-drain",
		Doc:     "A count waits for its workers before it takes what they send, and they wait for it to take it.",
		Source:  tu + ": channel with WaitGroup",
		Stays:   4,
		Forever: true,
		Run: func(testing.TB) {
			go countWords([]string{"a", "b c", "d e f"}) // stays
		},
	}
}

func countWords(texts []string) (sum int) {
	counts := make(chan int)
	var counting sync.WaitGroup
	for _, text := range texts {
		counting.Go(func() { counts <- len(text) }) // stays 3
	}
	counting.Wait()
	close(counts)
	for n := range counts {
		sum += n
	}
	return sum
}
