package detectortest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Texts that are as much as there may be, or more, take neither for ever nor all memory.
func TestLimits(t *testing.T) {
	const worker = "goroutine a begins main.a parks \"sleep\"\n"
	many := func(n int, line string) string { return strings.Repeat(line, n) }
	numbered := func(n int, line string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, line, i)
		}
		return b.String()
	}
	for _, c := range []struct{ name, text, want string }{
		{"text", many(maxText, "\n\n"), "the text is too long"},
		{"groups", numbered(30_000, "goroutine a%d begins main.a\n"), ""},
		{"goroutines", "goroutine a*65536 begins main.a\ngoroutine b begins main.a\n", "f:2: there are more than 65536 goroutines"},
		{"listed", "windows 4096\ngoroutine a*65536 begins main.a\n", "f:1: 65536 goroutines in 4096 windows are too many"},
		{"repetitions", worker + "repeat 500000\n\trepeat 500000\n\t\tif 0\n\t\t\tat 1s a woken\n", "f:4: this goes on for too long"},
		{"steps", worker + "every 1ns from 10us\n\tat 0s a woken\n", "f:3: more than 524288 steps happen"},
		{"a long line of steps, again and again", worker + "repeat 500000\n\tat 2s a woken" + many(50_000, ", +1us on P0") + "\n", "this goes on for too long"},
		{"a long expression, again and again", worker + "repeat 500000\n\tif 0" + many(100_000, " + 1") + "\n\t\tat 1s a woken\n", "this goes on for too long"},
		{"lines of one statement", worker + "at 1ms a woken, on P0" + many(50_000, "\n\tlabel \"x\"") + "\n", ""},
		{"names", numbered(200, "let a%d = 1\n"), "f:101: more than 100 names"},
		{"stacks", numbered(20_000, "goroutine a%[1]d begins main.a%[1]d\n"), "more than 16384 different stacks"},
		{"frames", "stack a = main.a" + many(200, " < main.b") + "\n", "f:1: a stack has at most 128 frames"},
		{"expectations", "windows 4096\n" + many(5000, "expect silent\n"), "more than 4096 expectations"},
		{"depth", func() string {
			var b strings.Builder
			for i := range 100 {
				fmt.Fprintf(&b, "%srepeat 1\n", strings.Repeat("\t", i))
			}
			return b.String()
		}(), "f:21: blocks in blocks are too deep"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Read("f", []byte(c.text))
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
		})
	}
}
