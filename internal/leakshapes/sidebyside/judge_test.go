package main

import (
	"testing"

	"github.com/gotracewatch/tracewatch/internal/leakshapes"
)

// stern is a checker that accuses in the n-th run.
type stern struct{ n *int }

func (s stern) run(t testing.TB, test func()) {
	t.Cleanup(func() {
		if *s.n--; *s.n == 0 {
			t.Fatal("a leak")
		}
	})
	test()
}

func TestVerdicts(t *testing.T) {
	quietly := func(testing.TB) {}
	in := func(n int) stern { return stern{&n} }
	for _, c := range []struct {
		name  string
		stays int
		check checker
		test  func(testing.TB)
		want  verdict
		text  string
	}{
		{"nothing said of a leak", 1, unchecked{}, quietly, missed, "MISSED"},
		{"a leak found", 1, in(1), quietly, found, "found"},
		{"accused later", 0, in(3), quietly, accused, "ACCUSED in run 3"},
		{"accused too late", 0, in(6), quietly, quiet, ""},
		{"skipped halfway", 1, in(1), func(t testing.TB) { t.Skip("needs another system") }, found, "found"},
		{"no shell", 0, unchecked{}, func(t testing.TB) { t.Skip("needs a shell") }, impossible, "- needs a shell"},
		{"skipped", 0, unchecked{}, func(t testing.TB) { t.Skip("needs go test") }, impossible, "- needs go test"},
		{"failed itself", 0, in(1), func(t testing.TB) { t.Fatal("wrong") }, broken, "BROKEN"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := cell{report: judge(c.check, c.name, c.test, 5, 0)}
			s := leakshapes.Shape{Stays: c.stays}
			if got.verdict(s) != c.want || c.text != "" && got.text(s) != c.text {
				t.Errorf("%d, %q", got.verdict(s), got.text(s))
			}
		})
	}
}

// A checker that accuses a neighbour has found no leak.
func TestNeighbourAccused(t *testing.T) {
	unjust := checkerFunc(func(t testing.TB, test func()) {
		t.Cleanup(func() {
			if t.Name() == "neighbour" {
				t.Error("a leak")
			}
		})
		test()
	})
	got := cell{report: judge(unjust, "healthy", func(testing.TB) {}, 1, 1)}
	if v := got.verdict(leakshapes.Shape{}); v != accused {
		t.Errorf("a healthy shape: %d", v)
	}
	if text := got.text(leakshapes.Shape{Stays: 1}); text != "MISSED, neighbour ACCUSED" {
		t.Error(text)
	}
}

type checkerFunc func(t testing.TB, test func())

func (f checkerFunc) run(t testing.TB, test func()) { f(t, test) }
