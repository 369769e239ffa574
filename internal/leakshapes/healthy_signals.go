package leakshapes

import (
	"context"
	"os"
	"os/signal"
	"testing"
)

func signalNotifyStopped() Shape {
	return Shape{
		Name:  "signal-notify-stopped",
		Doc:   "The first Notify of a process starts a goroutine in os/signal that stays after Stop, for ever.",
		Alone: true,
		Run: func(testing.TB) {
			c := make(chan os.Signal, 1)
			defer close(c) // Stop does not
			signal.Notify(c, os.Interrupt)
			defer signal.Stop(c)
			go func() { <-c }()
		},
	}
}

func signalNotifyContext() Shape {
	return Shape{
		Name:  "signal-notify-context",
		Doc:   "A context that ends by a signal has a goroutine until stop, besides that of os/signal.",
		Alone: true,
		Run: func(t testing.TB) {
			ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt)
			defer stop()
			context.AfterFunc(ctx, func() {})
		},
	}
}
