package source_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/source"
	"github.com/gotracewatch/tracewatch/internal/traceback"
)

type holder struct {
	ch, full chan int
	mu       sync.Mutex
	wg       sync.WaitGroup
}

func (h *holder) get(...int) *holder { return h }

// The lines are those that the compiler gives its operations, also where they go over several.
func TestLive(t *testing.T) {
	if _, err := os.Stat("source_test.go"); err != nil {
		t.Skip("this test runs where its source is not")
	}
	h := &holder{ch: make(chan int), full: make(chan int)}
	h.mu.Lock()
	h.wg.Add(1)
	var ended sync.WaitGroup
	defer func() {
		close(h.ch)
		select {
		case <-h.full:
		case <-time.After(10 * time.Second): // the test has failed before
		}
		h.mu.Unlock()
		h.wg.Done()
		ended.Wait()
	}()
	for want, wait := range map[string]func(){
		"Receive h.ch": func() {
			h.get(
				<-h.
					ch)
		},
		"Receive h.get(1).ch": func() {
			<-h.get(
				1,
			).ch
		},
		"Range h.ch": func() {
			for range h.
				ch {
			}
		},
		"Send h.full": func() {
			h.
				full <- 1
		},
		"Select{Receive h.ch; Send h.get().ch}": func() {
			var h2 = h
			select {
			case <-h.
				ch:
			case func() *holder { h := &holder{}; return h }().ch <- len(h2.ch):
			}
		},
		"Receive h.get().ch": func() {
			select { //nolint:staticcheck // people write it, and the compiler makes a receive of it
			case <-h.get().ch:
			}
		},
		"Lock h.mu": func() {
			h.
				mu.
				Lock()
			h.mu.Unlock()
		},
		"Wait h.get(1, 2).wg": func() {
			h.get(
				1,
				2,
			).
				wg.
				Wait()
		},
		"Wait h.get().wg": func() { h.get().wg.Wait() },
	} {
		id := make(chan detectors.GoID)
		start(&ended, func() {
			g, _ := traceback.Current()
			id <- g
			wait()
		})
		g := waiting(t, <-id)
		frames := g.Frames()
		for !strings.HasSuffix(frames[0].File, "source/live_test.go") {
			frames = frames[1:]
		}
		f := source.NewFiles()
		at := frames[0]
		if !filepath.IsAbs(at.File) {
			t.Skip("built with -trimpath")
		}
		got := write(f.Operation(at.File, at.Line, g.State))
		if strings.HasPrefix(want, "Select") {
			assert.Regexp(t, `^Select{Receive h.ch; Send func\(\) .*}$`, got)
		} else {
			assert.Equal(t, want, got, "line %d: %s", at.Line, f.Line(at.File, at.Line))
		}
		assert.Equal(t, "go func() {…}()", f.GoStatement(g.Created.File, g.Created.Line))
	}
}

func start(ended *sync.WaitGroup, f func()) {
	ended.Add(1)
	go func() {
		defer ended.Done()
		f()
	}()
}

// waiting returns a goroutine once it waits.
func waiting(t *testing.T, id detectors.GoID) traceback.Goroutine {
	t.Helper()
	var r traceback.Reader
	for begun := time.Now(); time.Since(begun) < 20*time.Second; time.Sleep(time.Millisecond) {
		gs, _ := r.All()
		for _, g := range gs {
			if g.ID == id && g.State != "running" && g.State != "runnable" {
				return g
			}
		}
	}
	t.Fatal("it does not wait")
	return traceback.Goroutine{}
}
