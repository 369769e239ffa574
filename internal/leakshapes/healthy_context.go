package leakshapes

import (
	"context"
	"sync"
	"testing"
	"time"
)

func contextAfterFuncRan() Shape {
	return Shape{
		Name: "context-after-func-ran",
		Doc:  "A function that a context starts when it is cancelled ends a while after the test.",
		Run: func(t testing.TB) {
			ctx, cancel := context.WithCancel(t.Context())
			context.AfterFunc(ctx, func() { time.Sleep(30 * time.Millisecond) })
			cancel()
		},
	}
}

func contextAfterFuncStopped() Shape {
	return Shape{
		Name: "context-after-func-stopped",
		Doc:  "A function that is to run at a context's end is taken back.",
		Run: func(t testing.TB) {
			stop := context.AfterFunc(t.Context(), func() { t.Error("it ran") })
			if !stop() {
				t.Fatal("it had begun")
			}
		},
	}
}

func contextAfterFuncTestContext() Shape {
	return Shape{
		Name: "context-after-func-test-context",
		Doc:  "The end of the test's own context starts a goroutine, after the function has returned.",
		Run: func(t testing.TB) {
			closed := make(chan bool)
			context.AfterFunc(t.Context(), func() { close(closed) })
			t.Cleanup(func() { <-closed })
		},
	}
}

func contextTimeoutsCancelled() Shape {
	return Shape{
		Name: "context-timeouts-cancelled",
		Doc:  "A hundred contexts, each below another, with timers of an hour are cancelled at once.",
		Run: func(t testing.TB) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var waiters sync.WaitGroup
			for range 100 {
				below, stop := context.WithTimeout(ctx, time.Hour)
				defer stop()
				waiters.Go(func() { <-below.Done() })
				ctx = below
			}
			cancel()
			waiters.Wait()
		},
	}
}

func contextDeadlinePassed() Shape {
	return Shape{
		Name: "context-deadline-passed",
		Doc:  "A worker stops at a deadline that is later than the test's return.",
		Run: func(t testing.TB) {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 40*time.Millisecond)
			context.AfterFunc(ctx, cancel)
			go func() { <-ctx.Done() }()
		},
	}
}

func contextForeignParent() Shape {
	return Shape{
		Name: "context-foreign-parent",
		Doc:  "The context package starts a goroutine to watch a parent of a type it does not know, until the child is cancelled.",
		Run: func(t testing.TB) {
			parent := foreignContext{context.Background(), make(chan struct{})}
			ctx, cancel := context.WithCancel(parent)
			defer cancel()
			if ctx.Err() != nil {
				t.Fatal(ctx.Err())
			}
		},
	}
}

func contextForeignParentEnded() Shape {
	return Shape{
		Name: "context-foreign-parent-ended",
		Doc:  "Twenty goroutines of the context package end when their parent of an unknown type does, in a cleanup.",
		Run: func(t testing.TB) {
			parent := foreignContext{context.Background(), make(chan struct{})}
			t.Cleanup(func() { close(parent.ended) })
			for range 20 {
				ctx, cancel := context.WithCancel(parent)
				context.AfterFunc(ctx, cancel)
			}
		},
	}
}

// foreignContext is no context that package context can register with.
type foreignContext struct {
	context.Context
	ended chan struct{}
}

// Done implements [context.Context].
func (c foreignContext) Done() <-chan struct{} { return c.ended }

// Err implements [context.Context].
func (c foreignContext) Err() error {
	select {
	case <-c.ended:
		return context.Canceled
	default:
		return nil
	}
}

func contextTestContextWorker() Shape {
	return Shape{
		Name: "context-test-context-worker",
		Doc:  "A worker runs when the test's function returns and ends by the test's context, which a cleanup waits for.",
		Run: func(t testing.TB) {
			var workers sync.WaitGroup
			t.Cleanup(workers.Wait)
			for range 3 {
				workers.Go(func() { <-t.Context().Done() })
			}
		},
	}
}

func contextTestContextNobodyWaits() Shape {
	return Shape{
		Name: "context-test-context-nobody-waits",
		Doc:  "A worker sees the end of the test's context and needs some time to finish, and nobody waits for it.",
		Run: func(t testing.TB) {
			ctx := t.Context()
			go func() {
				<-ctx.Done()
				time.Sleep(30 * time.Millisecond)
			}()
		},
	}
}
