package leakshapes

import (
	"context"
	"iter"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
)

func commandNotWaited() Shape {
	return Shape{
		Name:    "command-not-waited",
		Doc:     "A command with a context is started and not waited for, so the goroutine that would kill it at the context's end stays.",
		Stays:   1,
		Forever: true,
		Run: func(t testing.TB) {
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			var p process
			p.ctx, p.cancel = context.WithCancel(context.Background())
			cmd := exec.CommandContext(p.ctx, self, "-test.run=^$")
			if err := cmd.Start(); err != nil { // stays
				t.Fatal(err)
			}
		},
	}
}

type process struct {
	ctx    context.Context
	cancel context.CancelFunc
}

func signalReceiver() Shape {
	return Shape{
		Name:  "signal-receiver",
		Doc:   "The settings are read again at each hang-up, and nobody stops the signal.",
		Stays: 1,
		Alone: true,
		Run: func(testing.TB) {
			hangups := make(chan os.Signal, 1)
			signal.Notify(hangups, syscall.SIGHUP)
			reads := 0
			go func() { // stays
				for range hangups {
					reads++
				}
			}()
		},
	}
}

func signalContext() Shape {
	return Shape{
		Name:  "signal-context",
		Doc:   "A context that ends at a signal is not stopped.",
		Stays: 1,
		Alone: true,
		Run: func(t testing.TB) {
			var p process
			p.ctx, p.cancel = signal.NotifyContext(context.Background(), syscall.SIGHUP) // stays
			if err := p.ctx.Err(); err != nil {
				t.Error(err)
			}
		},
	}
}

func pullWithoutStop() Shape {
	return Shape{
		Name:  "pull-without-stop",
		Doc:   "A sequence is pulled from, and not to its end, without a stop.",
		Stays: 1,
		Run: func(t testing.TB) {
			var p puller
			p.next, p.stop = iter.Pull(func(yield func(int) bool) { // stays
				for n := 1; yield(n); n *= 2 {
				}
			})
			if n, ok := p.next(); n != 1 || !ok {
				t.Errorf("pulled %d, %v", n, ok)
			}
		},
	}
}

type puller struct {
	next func() (int, bool)
	stop func()
}
