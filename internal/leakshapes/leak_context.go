package leakshapes

import (
	"context"
	"errors"
	"testing"
	"time"
)

func contextNeverCancelled() Shape {
	return Shape{
		Name:    "context-never-cancelled",
		Doc:     "A session cancels its context when it is closed, and nobody closes it.",
		Source:  gcatch + ": a context that nobody cancels",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			newChat().follow("general")
		},
	}
}

type chat struct {
	ctx    context.Context
	cancel context.CancelFunc // nobody calls it
}

func newChat() *chat {
	var c chat
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return &c
}

func (c *chat) follow(room string) {
	messages := make(chan string, 1)
	messages <- room + ": hello"
	go func() { // stays
		for {
			select {
			case <-messages:
			case <-c.ctx.Done():
				return
			}
		}
	}()
}

func customContextParent() Shape {
	return Shape{
		Name:    "custom-context-parent",
		Doc:     "A context is derived from one of the program's own type, which costs a goroutine until it is cancelled, and it is not.",
		Source:  tu + ": a context whose goroutine is lost",
		Stays:   1,
		Forever: true,
		Run: func(t testing.TB) {
			login := loginContext{context.Background(), make(chan struct{})}
			var q query
			q.ctx, q.cancel = context.WithCancel(login) // stays
			if err := q.run(); err != nil {
				t.Error(err)
			}
		},
	}
}

// loginContext ends with a user's login.
type loginContext struct {
	context.Context
	loggedOut chan struct{}
}

// Done implements [context.Context].
func (c loginContext) Done() <-chan struct{} { return c.loggedOut }

type query struct {
	ctx    context.Context
	cancel context.CancelFunc // for when it takes too long
}

func (q *query) run() error { return q.ctx.Err() }

func timeoutNotCancelled() Shape {
	return Shape{
		Name:   "timeout-not-cancelled",
		Doc:    "A watch ends with its context, which ends in an hour, because nobody cancels it when the work is done.",
		Source: saioc + ": a timeout that nobody cancels",
		Stays:  1,
		Run: func(testing.TB) {
			var q query
			q.ctx, q.cancel = context.WithTimeout(context.Background(), time.Hour)
			slow := make(chan error, 1)
			go func() { // stays
				<-q.ctx.Done()
				slow <- q.ctx.Err()
			}()
			_ = q.run()
		},
	}
}

func contextIgnored() Shape {
	return Shape{
		Name:    "context-ignored",
		Doc:     "A worker has a context, which is cancelled, but looks at it when a job comes, and none comes.",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			jobs := make(chan string)
			go func() { // stays
				for job := range jobs {
					if ctx.Err() != nil {
						return
					}
					_ = len(job)
				}
			}()
		},
	}
}

func readerCancelledOnly() Shape {
	return Shape{
		Name:    "reader-cancelled-only",
		Doc:     "A restore's context ends its reader, and those that send to it do not know of the context.",
		Source:  goker + ": cockroach#18101",
		Stays:   2,
		Forever: true,
		Run: func(t testing.TB) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			entries := make(chan string)
			for _, file := range []string{"a", "b"} {
				go sendEntries(file, entries) // stays 2
			}
			if err := restore(ctx, entries, cancel); !errors.Is(err, context.Canceled) {
				t.Errorf("restored: %v", err)
			}
		},
	}
}

func sendEntries(file string, to chan<- string) {
	for range 3 {
		to <- "entry of " + file
	}
}

// restore takes an entry and is cancelled.
func restore(ctx context.Context, entries <-chan string, restored func()) error {
	for ctx.Err() == nil {
		<-entries
		restored()
	}
	return ctx.Err()
}

func contextAfterFunc() Shape {
	return Shape{
		Name:    "context-after-func",
		Doc:     "What context.AfterFunc runs at the end of a request reports to a channel that nobody receives from.",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			ctx, cancel := context.WithCancel(context.Background())
			ended := make(chan string)
			context.AfterFunc(ctx, func() { ended <- "request" })
			cancel() // stays
		},
	}
}
