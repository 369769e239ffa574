package source_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/source"
)

// Each line of the files in testdata that has //= is asked about. They are no Go files for gofmt, which makes several
// lines of one.
func TestPackage(t *testing.T) {
	names, err := filepath.Glob("testdata/*.go.txt")
	require.NoError(t, err)
	dir := t.TempDir()
	texts := make(map[string]string)
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		path := filepath.Join(dir, strings.TrimSuffix(filepath.Base(name), ".txt"))
		require.NoError(t, os.WriteFile(path, text, 0o666))
		texts[path] = string(text)
	}
	asked := 0
	f := source.NewFiles()
	for path, text := range texts {
		for i, line := range strings.Split(text, "\n") {
			_, said, ok := strings.Cut(line, "//= ")
			if !ok {
				continue
			}
			what, want, ok := strings.Cut(said, ": ")
			require.True(t, ok, line)
			asked++
			assert.Equal(t, want, ask(f, path, i+1, what), "%s:%d %s", filepath.Base(path), i+1, strings.TrimSpace(line))
		}
	}
	require.Greater(t, asked, 100)
}

func ask(f *source.Files, path string, line int, what string) string {
	switch what {
	case "go":
		if s := f.GoStatement(path, line); s != "" {
			return s
		}
		return "?"
	case "once":
		switch name, global, known := f.GlobalOnce(path, line); {
		case !known:
			return "?"
		case global:
			return name + " global"
		default:
			return name + " local"
		}
	}
	return write(f.Operation(path, line, what))
}

func write(o source.Operation) string {
	if o.Kind == source.Select {
		var cases []string
		for _, c := range o.Cases {
			cases = append(cases, write(c))
		}
		return "Select{" + strings.Join(cases, "; ") + "}"
	}
	s := map[source.Kind]string{
		source.Unknown: "?", source.Receive: "Receive ", source.Range: "Range ", source.Send: "Send ", source.Lock: "Lock ",
		source.RLock: "RLock ", source.Wait: "Wait ", source.CondWait: "CondWait ", source.Once: "Once ",
		source.Sleep: "Sleep ", source.Call: "Call ",
	}[o.Kind] + o.On
	if o.Context != "" {
		s += " context=" + o.Context
	}
	if o.Timer {
		s += " timer"
	}
	return s
}

// file writes a file and returns its path.
func file(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
	return path
}

func TestLine(t *testing.T) {
	f := source.NewFiles()
	long := strings.Repeat("é", limits.SourceLine)
	path := file(t, "x.go", "package x\r\n\t a := f(1, \n"+long+"\n"+long+"é\n\xff\n")
	for line, want := range map[int]string{
		-1: "", 0: "", 1: "package x", 2: "a := f(1,", 3: long, 4: long + "…", 5: "\uFFFD", 6: "", 7: "", math.MaxInt: "",
	} {
		require.Equal(t, want, f.Line(path, line), line)
	}
}

// Of what cannot be read, or may be something else, nothing is known.
func TestNotKnown(t *testing.T) {
	const text = "package x\n\nfunc f() { <-c }\n"
	dir := t.TempDir()
	link := filepath.Join(dir, "dir.go")
	require.NoError(t, os.Mkdir(link, 0o777))
	for name, path := range map[string]string{
		"no file":        filepath.Join(dir, "none.go"),
		"a directory":    link,
		"not absolute":   "source_test.go",
		"not Go":         file(t, "x.s", text),
		"too large":      file(t, "x.go", text+strings.Repeat("\n", limits.SourceBytes)),
		"broken":         file(t, "x.go", text+"}"),
		"with //line":    file(t, "x.go", text+"//line y.go:1\n"),
		"with /*line":    file(t, "x.go", text+"/*line y.go:1:1*/\n"),
		"empty":          file(t, "x.go", ""),
		"no name at all": "",
	} {
		f := source.NewFiles()
		require.Zero(t, f.Operation(path, 3, "chan receive"), name)
		require.Empty(t, f.GoStatement(path, 3), name)
		_, _, known := f.GlobalOnce(path, 3)
		require.False(t, known, name)
	}
	f := source.NewFiles()
	require.Equal(t, "c", f.Operation(file(t, "x.go", text), 3, "chan receive").On)
}

// Files together have a bound, too.
func TestTotal(t *testing.T) {
	f := source.NewFiles()
	large := strings.Repeat("\n", limits.SourceBytes-100)
	for i := range limits.SourceTotal/limits.SourceBytes + 2 {
		got := f.Line(file(t, "x.go", "\x00 is no Go\n"+large), 1)
		require.Equal(t, i <= limits.SourceTotal/limits.SourceBytes-1, got != "", i)
	}
}

// What is nested deep is gone through once.
func TestDeep(t *testing.T) {
	const deep = 30_000
	for _, text := range []string{
		strings.Repeat("-", deep) + "x", strings.Repeat("x+", deep) + "x", strings.Repeat("x.Do(f).", deep) + "y",
		strings.Repeat("<-", deep) + "x", strings.Repeat("x.Go(", deep) + strings.Repeat(")", deep),
		strings.Repeat("x.Go(", deep) + "x,\n" + strings.Repeat(")", deep), strings.Repeat("x.Lock().", deep) + "Lock()", strings.Repeat("(", deep) + "x" + strings.Repeat(")", deep),
	} {
		path := file(t, "x.go", "package x\n\nfunc f() {\n_ = "+text+"\n}\n")
		f := source.NewFiles()
		for _, state := range []string{"chan receive", "sync.Mutex.Lock", "IO wait"} {
			f.Operation(path, 4, state)
		}
		f.GlobalOnce(path, 4)
		f.GoStatement(path, 4)
		f.GoStatement(path, 5)
	}
}

func FuzzFile(f *testing.F) {
	names, _ := filepath.Glob("testdata/*.go.txt")
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(f, err)
		for i := range 10 {
			f.Add(string(text), 5*i)
		}
	}
	f.Add("package x\nfunc f() { select { case <-x: }; go func() { x.Do(f) }() }", 2)
	path := filepath.Join(f.TempDir(), "x.go")
	f.Fuzz(func(t *testing.T, text string, line int) {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
		files := source.NewFiles()
		for _, state := range []string{"chan receive", "chan send", "select", "sync.Mutex.Lock", "sleep", "IO wait"} {
			if o := files.Operation(path, line, state); (o.Kind == source.Unknown) != (o.On == "" && o.Kind != source.Select) {
				t.Fatalf("%+v", o)
			}
		}
		files.GlobalOnce(path, line)
		files.GoStatement(path, line)
		files.Line(path, line)
	})
}
