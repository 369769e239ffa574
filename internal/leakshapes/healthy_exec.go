package leakshapes

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

func execPipes() Shape {
	return Shape{
		Name: "exec-pipes",
		Doc:  "A command's input, output and errors go through goroutines that Wait waits for.",
		Run: func(t testing.TB) {
			c := shellCommand(t, t.Context(), "cat; echo done >&2")
			var out, errs bytes.Buffer
			c.Stdin, c.Stdout, c.Stderr = strings.NewReader(strings.Repeat("x", 1e6)), &out, &errs
			noError(t, c.Run())
			if out.Len() != 1e6 || errs.String() != "done\n" {
				t.Fatal(out.Len(), errs.String())
			}
		},
	}
}

func execOwnReader() Shape {
	return Shape{
		Name: "exec-own-reader",
		Doc:  "The test's own goroutine feeds a command while it reads the output itself.",
		Run: func(t testing.TB) {
			c := shellCommand(t, context.Background(), "cat")
			in, err := c.StdinPipe()
			noError(t, err)
			out, err := c.StdoutPipe()
			noError(t, err)
			noError(t, c.Start())
			go func() {
				io.WriteString(in, "hello\n")
				in.Close()
			}()
			text, err := io.ReadAll(out)
			noError(t, err)
			noError(t, c.Wait())
			if string(text) != "hello\n" {
				t.Fatalf("%q", text)
			}
		},
	}
}

func execCancelled() Shape {
	return Shape{
		Name: "exec-cancelled",
		Doc:  "A command is killed by its context, and a goroutine of the package watches for that.",
		Run: func(t testing.TB) {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			if shellCommand(t, ctx, "exec sleep 60").Run() == nil {
				t.Fatal("it was not killed")
			}
		},
	}
}

func execWaitedInCleanup() Shape {
	return Shape{
		Name: "exec-waited-in-cleanup",
		Doc:  "A server process runs until the test's context ends, and a cleanup waits for it.",
		Run: func(t testing.TB) {
			c := shellCommand(t, t.Context(), "exec sleep 60")
			var out bytes.Buffer
			c.Stdout = &out
			noError(t, c.Start())
			t.Cleanup(func() { c.Wait() })
		},
	}
}

func execGrandchildHoldsOutput() Shape {
	return Shape{
		Name: "exec-grandchild-holds-output",
		Doc:  "A command has ended and its child still holds the output, so that only WaitDelay ends the copying.",
		Run: func(t testing.TB) {
			c := shellCommand(t, t.Context(), "sleep 0.3 & echo started")
			c.WaitDelay = 20 * time.Millisecond
			var out bytes.Buffer
			c.Stdout = &out
			if err := c.Run(); err != nil && !errors.Is(err, exec.ErrWaitDelay) {
				t.Fatal(err)
			}
		},
	}
}

// shellCommand is a command of the shell, or skips the test where there is none.
func shellCommand(t testing.TB, ctx context.Context, script string) *exec.Cmd {
	t.Helper()
	if _, err := exec.LookPath("sh"); err != nil || runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	return exec.CommandContext(ctx, "sh", "-c", script)
}
