package detectortest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is wrong with a text is told with the line, and with what would be right.
func TestErrors(t *testing.T) {
	const two = "procs 2\ngoroutine a begins main.a parks \"sleep\"\ngoroutine b*2 begins main.b parks \"sleep\"\n"
	for _, c := range []struct{ text, want string }{
		// Lines and numbers.
		{"proc 2", `f:1: "proc 2" where a declaration (go, procs,`},
		{" procs 2", "f:1: the first line is indented"},
		{"every 1s\n\t\tlet a = 1\n\tlet b = 1", "f:3: the line is indented otherwise than line 2"},
		{"procs 2\nprocs 3", "f:2: line 1 says procs already"},
		{"procs 0", "f:1: the number of Ps is 0 and must lie between 1 and 1024"},
		{"procs 3/2", "is 1.5 and must be a whole number (a // b divides and rounds down)"},
		{"procs 2s", "f:1: the number of Ps is a number, not a duration"},
		{"window 5", "f:1: the length of a window is a duration and has a unit"},
		{"window 1ns", "f:1: a window lasts from 100us to an hour"},
		{"window 1sec", "f:1: 1sec: there is no unit sec"},
		{"let a = 1s + 1", "a duration and a number cannot be added"},
		{"let a = 1 / 0", "f:1: division by zero"},
		{"let a = 1s*1s", "durations cannot be multiplied"},
		{"let a = b", "f:1: nothing is called b here"},
		{"let a = 1\nlet a = 2", "f:2: a has a value already"},
		{"let a = (1", "f:1: the line ends where ) should be"},
		{"let a = " + strings.Repeat("(", 100), "too deep"},
		{"go 1.21", `f:1: "1.21" where a release of Go from 1.22 to 1.27 should be`},
		{"lose 5", "f:1: there is no window 5: windows says that there are 1"},
		{"clock wall drift 5", "f:1: the line ends where ppm should be"},
		{"\xff", "f:1: the line is not UTF-8"},

		// Stacks and goroutines.
		{"stack a = b", `f:1: "b" is neither a stack (there are assist, chanrecv,`},
		{"stack a = main.a < ", "f:1: the line ends where a stack or a function should be"},
		{"stack sleep = main.a", "f:1: there is a stack sleep already"},
		{"goroutine a", "f:1: where does a begin?"},
		{"goroutine a begins main.a parks \"chan recv\"", `f:1: the runtime has no reason "chan recv" to wait; it has unspecified, forever, network,`},
		{"goroutine a begins main.a\ngoroutine a begins main.a", "f:2: line 1 declares a goroutine a already"},
		{"goroutine P1 begins main.a", "P1 cannot be a goroutine's name"},
		{"goroutine a*1000000 begins main.a", "must lie between 0 and 65536"},
		{"goroutine a was running", "f:1: on which P was a running? (was running on P0)"},
		{"goroutine a was running on P0\ngoroutine b was running on P0", "f:2: at 0s: b was on P0, where a was too (line 1)"},
		{"goroutine a was waiting at main.a\n\tfoo", "f:2: \"foo\" where begins, by, parks or was should be"},
		{"goroutine a was waiting at main.a\n\tby main.b\n\t\tby main.c", "f:3: the line is indented further"},

		// Steps that say nothing that could be.
		{"at 1ms c woken", "f:1: there is no goroutine c: declare it (goroutine c begins main.work)"},
		{two + "at 1ms b woken", "f:4: which of the 2? b[0]"},
		{two + "at 1ms a[0] woken", "f:4: there is only one a: it has no index"},
		{two + "at 1ms b[2] woken", "f:4: there is no b[2]: line 3 declares 2, from b[0] on"},
		{two + "at 1ms a on P2", "f:4: there is no P2: procs says that there are 2"},
		{two + "at 1ms a woken on", "f:4: the line ends where a P (P0, or P[i%2]) should be"},
		{two + "at 1ms a jumps", `f:4: "jumps" where a step of a goroutine: woken, on,`},
		{two + "at 1ms a woken, ", "f:4: a step should come after the comma"},
		{two + "at 1ms a woken\n\t+1us jumps", `f:5: "jumps" where a step`},
		{two + "at 1ms a woken +1us on P0", `f:4: "+1us on P0" where a comma, and then the next step should be`},
		{two + "at 1 a woken", "f:4: the time is a duration and has a unit"},
		{two + "at 2s a woken", "f:4: this is at 2s, and the trace ends at 1s (windows 1)"},
		{two + "at 0s - 1s a woken", "f:4: this is 1s before the trace begins"},
		{two + "at 5us a woken", "f:4: at 5µs: the goroutines that are there at the beginning are created and park until 12µs"},
		{two + "every 0s\n\tat 0s a woken", "f:4: every needs an interval"},
		{two + "every 1ns\n\tat 0s a woken", "f:5: more than 524288 steps happen"},
		{two + "every 1ms as i\nat 0s a woken", "f:4: what is to be done has to stand below this line, indented"},
		{two + "repeat 2 as i\n\trepeat 2 as i\n\t\tat 1ms a woken", "f:5: i has a value already"},

		// Contradictions.
		{two + "at 1ms a on P0", "f:4: at 1ms: a cannot get a P: it is waiting since 8µs (line 2); first it has to be woken"},
		{two + "at 1ms a woken\nat 2ms a woken", "f:5: at 2ms: a cannot be woken: it is runnable since 1ms (line 4); it goes on when it gets a P (on P0)"},
		{two + "at 1ms a blocks \"sleep\"", "f:4: at 1ms: a cannot block: it is waiting since 8µs (line 2); first it has to be woken and get a P"},
		{two + "at 1ms a woken, on P0\nat 2ms b[1] woken, on P0", "f:5: at 2ms: P0 cannot run b[1]: a is running there since 1ms (line 4)"},
		{two + "at 1ms a woken, on P0\nat 2ms a on P1", "f:5: at 2ms: a cannot get a P: it is running since 1ms (line 4) on P0"},
		{two + "at 1ms a woken, on P0, ends\nat 2ms a woken", "f:5: at 2ms: a cannot be woken: it ended at 1ms (line 4)"},
		{two + "at 1ms a woken by b[0]", "f:4: at 1ms: b[0] cannot wake a: it is waiting"},
		{two + "at 1ms a woken, on P0, syscall\nat 2ms b[0] woken, on P0", "f:5: at 2ms: P0 cannot run b[0]: a is in a system call there since 1ms (line 4); it has to return or to lose its P"},
		{two + "at 1ms a woken, on P0, syscall, loses P, loses P", "f:4: at 1ms: a has lost its P already"},
		{two + "at 1ms a woken, on P0, stw begins \"x\", +1us blocks \"sleep\"", "f:4: at 1.001ms: a has stopped the world (line 4): it has to start it first"},
		{two + "windows 2\nat 1ms a woken, on P0, stw begins \"x\"", "f:5: at 1s: a window ends while a has stopped the world"},
		{two + "at 1ms a woken, on P0, stw ends", "a has not stopped the world"},
		{two + "at 1ms a woken, on P0, gc ends", "no collection is marking (gc begins, or before the trace: gc was marking)"},
		{two + "at 1ms a woken, on P0, assist begins, ends", "a cannot end in an assist"},
		{two + "at 1ms a woken, on P0, region ends", "a is in no region"},
		{two + "at 1ms a woken, on P0, log \"a\" \"b\" in t", "the task t has not begun"},
		{two + "at 1ms a woken, on P0, task t begins \"x\", task t begins \"y\"", "f:4: line 4 begins a task t already"},
		{two + "at 1ms P0 starts", "P0 cannot start: it is not idle"},
		{two + "at 1ms P0 stops\nat 2ms a woken, on P0", "P0 cannot run a: it is idle (P0 starts comes first)"},
		{two + "at 1ms P0 stops, heap 1MB", "P0 says nothing while it is idle"},
		{two + "at 1ms a woken, on P0, creates b[0]", "f:4: b[0] is there from the beginning, as line 3 says"},
		{two + "goroutine c begins main.c\nat 1ms c on P0\nat 2ms a woken, on P1, creates c", "f:5: at 1ms: c cannot get a P: it does not exist yet (line 6 creates it)"},
		{two + "goroutine c begins main.c\nat 1ms a woken, on P0\nevery 1ms from 2ms\n\tat 0s a creates c", "f:7: c is created by this line more than once: in a repetition it needs an index (c*10, c[i])"},
		{"goroutine c begins main.c\nat 1ms c woken", `f:2: at 1ms: c cannot be woken: it is runnable since 3µs (line 1); it goes on when it gets a P (on P0), or else it should have parked`},
		{"go 1.22\n" + two + "goroutine c begins main.c\nat 1ms a woken, on P0, creates coroutine c", "f:6: at 1ms: this cannot happen: at 100001000000 ns: CreateBlocked: is of Go 1.23"},

		// Expectations.
		{"expect 2 silent", "f:1: a window's number is 2 and must lie between 1 and 1"},
		{"windows 2\nlose 2\nexpect 2 silent", "f:3: window 2 is lost: nobody judges it"},
		{"windows 2\nexpect 2 to 1 silent", "f:2: window 1 comes before window 2"},
		{"expect silent\nexpect finding main.a", "f:2: line 1 expects the opposite of window 1"},
		{"expect finding main.a urgent", `f:1: "urgent" where info, warning, critical,`},
		{"expect verdict 5", `f:1: "5" where applicable, not applicable, value,`},
		{"expect finding main.a summary /(/", "f:1: /(/: error parsing regexp"},
		{"expect finding main.a summary 5", `f:1: "5" where "a part of the text" or /a regular expression/ should be`},
		{"expect finding main.a\n\tsummary \"a\n", "f:2: a text that begins with a quote has to end with one on the same line"},
		{"expect finding main.a score 5 to 4", "f:1: from 5 to 4 there is no number"},
		{"expect finding main.a goroutine c", "f:1: there is no goroutine c"},
	} {
		_, err := Read("f", []byte(c.text))
		require.Error(t, err, "%s", c.text)
		require.Contains(t, err.Error(), c.want, "%s", c.text)
	}
}
