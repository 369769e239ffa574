package layering

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// module is this module's path. The packages in the tables are relative to it.
const module = "github.com/gotracewatch/tracewatch"

// A layer says what of this module a package may import.
type layer struct {
	pkg string   // "a/..." is every package below a that has no layer of its own
	may []string // patterns like pkg, all of layers above this one in the table
	why string
}

// layers lists every package, the lowest first: a package may only import what
// stands before it. A new package needs a line here.
var layers = []layer{
	{"internal/limits", nil,
		"every bound is named in it, so everybody imports it"},
	{"internal/wording", nil,
		"it writes durations and numbers, for whoever says something"},
	{"internal/wire", []string{"internal/limits"},
		"the decoder is a leaf: it knows the format, not what anybody does with it"},
	{"internal/tracev1", []string{"internal/limits"},
		"it is to the first format what internal/wire is to the second, and nobody else knows how it is read"},
	{"internal/capture", []string{"internal/limits", "internal/wire"},
		"it takes generations and does not read them: no observation, no judgement"},
	{"detectors", []string{"internal/limits", "internal/wording"},
		"it is the public vocabulary: a user's own detector must not depend on how a trace is read"},
	{"internal/render", []string{"internal/limits", "internal/wording", "detectors"},
		"it draws what it is given, and knows neither a report nor who shows the picture"},
	{"internal/reading", []string{"internal/limits", "detectors"},
		"it is the text form of one value of the vocabulary"},
	{"internal/host", []string{"internal/limits", "detectors"},
		"it reads the machine, and knows neither a trace nor who asks"},
	{"internal/allocs", []string{"internal/limits"},
		"it compares profiles of the runtime, and knows nothing of traces"},
	{"internal/leakproof", []string{"internal/limits", "detectors"},
		"it asks the runtime for a profile, and knows of traces only what a site is called"},
	{"internal/traceback", []string{"internal/limits", "detectors"},
		"it reads a text of the runtime, and knows of traces only what a goroutine and a frame are called"},
	{"internal/source", []string{"internal/limits"},
		"it reads source files, and knows neither a goroutine nor who asks"},
	{"internal/timeline", []string{"internal/limits", "internal/wire", "internal/tracev1", "detectors", "internal/reading"},
		"it turns events into observations, wherever they come from and whoever watches"},
	{"internal/ancestry", []string{"internal/limits", "detectors", "internal/timeline"},
		"it remembers who started whom, for whoever asks whose a goroutine is"},
	{"internal/explain", []string{"internal/limits", "internal/wire", "detectors", "internal/timeline"},
		"it reads an anomaly's trace again and says why, for whoever asks: live, offline, a page"},
	{"internal/profiles", []string{"internal/limits", "detectors", "internal/timeline"},
		"it sums up what goroutines did by stack, for whoever reads a trace, and knows nothing of verdicts"},
	{"tracewatch", []string{"internal/limits", "internal/wording", "internal/wire", "internal/tracev1", "internal/capture", "detectors", "internal/reading", "internal/host", "internal/allocs",
		"internal/leakproof", "internal/timeline", "internal/explain", "internal/profiles", "internal/render"},
		"the watcher stands on everything but test data and the service that tests watch"},
	{"tracewatch/leaktest", []string{"internal/limits", "internal/wording", "internal/wire", "internal/capture", "detectors", "internal/leakproof", "internal/traceback", "internal/source",
		"internal/timeline", "internal/ancestry"},
		"it checks tests with the engine of the watcher, and needs none of the watcher itself"},
	{"tracewatch/tracewatchhttp", []string{"internal/limits", "internal/wording", "internal/render", "detectors", "tracewatch"},
		"it serves what a user could ask the watcher for, and pictures of it"},
	{"tracewatch/...", []string{"internal/limits", "detectors", "tracewatch"},
		"what is built around the watcher uses what a user could use"},

	// For tests and examples only: nothing above may import these. (detectortest is public,
	// for users' tests.)
	{"internal/tracegen", []string{"internal/limits", "internal/wire"},
		"it writes the format, and must not learn from what it is there to test how to read it"},
	{"detectors/detectortest", []string{"internal/limits", "internal/wire", "detectors", "internal/timeline", "internal/tracegen"},
		"it is a harness with which users test detectors: it writes a trace and lets one watch it, without the watcher"},
	{"internal/faketest", nil,
		"it runs a test as the testing package does, and knows of nothing else"},
	{"internal/oldgen", nil,
		"it writes the first format, of which it must not learn from who reads it"},
	{"internal/recorded", nil,
		"it is data"},
	{"internal/recorded/record", nil,
		"it records with the Go releases alone, so that no bug of ours gets into the test data"},
	{"internal/scenario", nil,
		"it says what a scenario is, and knows neither the programs nor who watches them"},
	{"internal/scenario/scenariotest", []string{"detectors", "internal/scenario", "internal/traceback", "tracewatch/leaktest"},
		"only the tests of the programs import it"},
	{"internal/scenario/shop", []string{"internal/scenario"},
		"it is a service that is watched, not a part of the watcher"},
	{"internal/scenario/sick", []string{"internal/scenario", "internal/scenario/shop"},
		"they are programs that are watched; the service can be one of them"},
	{"internal/scenario/healthy", []string{"internal/scenario", "internal/scenario/shop"},
		"its programs are watched, and know nothing of who watches"},
	{"internal/scenario/scoreboard", []string{"detectors", "tracewatch", "internal/scenario", "internal/scenario/healthy", "internal/scenario/sick"},
		"it watches programs as a user would, and says how well that goes"},
	{"internal/scenario/clients", []string{"internal/scenario"},
		"its programs are watched; it is a module of its own, so that no user gets the libraries they need"},
	{"internal/leakshapes", nil,
		"they are programs that are checked, and know nothing of who checks them"},
	{"internal/leakshapes/sidebyside", []string{"internal/leakshapes", "internal/faketest", "tracewatch/leaktest"},
		"it lets checkers judge the shapes; it is a module of its own, so that no user gets the libraries it needs"},
	{"internal/browser", []string{"tracewatch", "tracewatch/tracewatchhttp", "internal/scenario", "internal/scenario/shop"},
		"it shows the page of a service's watcher in a browser, as a user has it; it is a module of its own, so that no user gets the browser's driver"},
	{"internal/browser/pictures", []string{"internal/browser", "internal/scenario/shop"},
		"it takes pictures of what the tests look at"},
	{"internal/layering", nil,
		"it is this test"},
	{"examples/...", []string{"internal/wording", "detectors", "tracewatch", "tracewatch/...", "internal/scenario/shop"},
		"an example uses what a user has, a service to watch, and says durations as all do"},
}

// outsiders are packages from outside the module that only some of ours may import.
var outsiders = []struct {
	path  string   // this package and all below it
	users []string // patterns like layer.pkg
	why   string
}{
	{"net/http", []string{"tracewatch/tracewatchhttp", "tracewatch/leaktest", "internal/scenario/...", "internal/leakshapes", "internal/browser", "examples/..."},
		"the library serves nothing; its debug page is a package that a user chooses to import, and the leak checker, which is for tests, closes http.DefaultClient's idle connections"},
	{"go.opentelemetry.io/otel/sdk", []string{"tracewatch/otelproducer", "examples/..."},
		"a library uses OpenTelemetry's API; which SDK there is, if any, is the service's choice"},
	{"golang.org/x/exp/trace", []string{"internal/tracev1", "internal/recorded/record"},
		"it is the reference that our reader is tested against; only the first format is read with it"},
}

// standalone packages import nothing at all but these.
var standalone = map[string][]string{
	"internal/limits": {"time"},
}

// An edge is an import of a file that is no test.
type edge struct{ file, pkg, imp string } // pkg is relative to the module, imp is not

func TestImports(t *testing.T) {
	edges, pkgs := parse(t, filepath.Join("..", ".."))
	if len(edges) == 0 {
		t.Fatal("no import found: the test looks in the wrong place")
	}
	for _, p := range pkgs {
		if find(p) == nil {
			t.Errorf("package %s has no line in the table of internal/layering: say there what it may import, and why", p)
		}
	}
	for _, l := range layers {
		if !strings.HasSuffix(l.pkg, "/...") && !slices.Contains(pkgs, l.pkg) {
			t.Errorf("the table of internal/layering speaks of package %s, which does not exist", l.pkg)
		}
	}
	for _, e := range edges {
		if wrong := judge(e); wrong != "" {
			t.Error(wrong)
		}
	}
}

func TestTablePointsDown(t *testing.T) {
	for i, l := range layers {
		for _, m := range l.may {
			if !slices.ContainsFunc(layers[:i], func(below layer) bool { return below.pkg == m }) {
				t.Errorf("%s may import %s, which does not stand before it", l.pkg, m)
			}
		}
	}
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		pkg, imp string
		want     string // a part of what is said, "" if nothing is wrong
	}{
		{"internal/wire", module + "/internal/limits", ""},
		{"internal/wire", module + "/detectors", "internal/wire may import of this module: internal/limits"},
		{"internal/limits", "time", ""},
		{"internal/limits", "fmt", "internal/limits may import only: time"},
		{"detectors", module + "/internal/timeline", "public vocabulary"},
		{"internal/timeline", module + "/tracewatch", "internal/timeline may import of this module"},
		{"internal/scenario/shop", module + "/tracewatch", "internal/scenario/shop may import of this module: internal/scenario"},
		{"tracewatch", module + "/internal/recorded", "tracewatch may import of this module"},
		{"tracewatch/leaktest", module + "/internal/wire", ""},
		{"tracewatch/leaktest", module + "/tracewatch", "needs none of the watcher"},
		{"tracewatch/tracewatchhttp", module + "/tracewatch", ""},
		{"tracewatch/tracewatchhttp", module + "/internal/render", ""},
		{"tracewatch/tracewatchhttp", module + "/internal/wire", "tracewatch/tracewatchhttp may import of this module"},
		{"tracewatch/otelproducer", module + "/internal/wire", "tracewatch/... may import of this module"},
		{"internal/render", module + "/tracewatch", "internal/render may import of this module"},
		{"examples/quickstart", module + "/tracewatch", ""},
		{"examples/quickstart", module + "/tracewatch/tracewatchhttp", ""},
		{"detectors/detectortest", module + "/internal/tracegen", ""},
		{"detectors/detectortest", module + "/internal/timeline", ""},
		{"detectors/detectortest", module + "/tracewatch", "without the watcher"},
		{"detectors", module + "/detectors/detectortest", "public vocabulary"},
		{"tracewatch", module + "/detectors/detectortest", "tracewatch may import of this module"},
		{"tracewatch", "net/http", "debug page"},
		{"tracewatch", "net/http/httptest", "debug page"},
		{"tracewatch", "net/httpx", ""},
		{"tracewatch/tracewatchhttp", "net/http", ""},
		{"tracewatch", "go.opentelemetry.io/otel/metric", ""},
		{"tracewatch", "go.opentelemetry.io/otel/sdk/metric", "OpenTelemetry's API"},
		{"tracewatch/otelproducer", "go.opentelemetry.io/otel/sdk/metric", ""},
		{"internal/timeline", "golang.org/x/exp/trace", "the reference"},
		{"internal/tracev1", "golang.org/x/exp/trace", ""},
		{"internal/tracev1", module + "/internal/wire", "internal/tracev1 may import of this module: internal/limits"},
		{"tracewatch", module + "/internal/oldgen", "tracewatch may import of this module"},
	} {
		got := judge(edge{"some/file.go", c.pkg, c.imp})
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s imports %s: got %q, want something with %q", c.pkg, c.imp, got, c.want)
		}
	}
}

// judge says what is wrong with an import, or "".
func judge(e edge) string {
	if only, ok := standalone[e.pkg]; ok && !slices.Contains(only, e.imp) {
		return fmt.Sprintf("%s imports %s; %s may import only: %s", e.file, e.imp, e.pkg, strings.Join(only, ", "))
	}
	for _, o := range outsiders {
		if within(e.imp, o.path) && !matchAny(o.users, e.pkg) {
			return fmt.Sprintf("%s imports %s; only %s may, and tests: %s", e.file, e.imp, strings.Join(o.users, ", "), o.why)
		}
	}
	ours, ok := strings.CutPrefix(e.imp, module+"/")
	l := find(e.pkg)
	if !ok || l == nil || matchAny(l.may, ours) {
		return ""
	}
	may := "nothing"
	if len(l.may) > 0 {
		may = strings.Join(l.may, ", ")
	}
	return fmt.Sprintf("%s imports %s; %s may import of this module: %s, because %s", e.file, ours, l.pkg, may, l.why)
}

// find returns the package's layer: its own, or the one it is below.
func find(pkg string) *layer {
	var wild *layer
	for i, l := range layers {
		switch {
		case l.pkg == pkg:
			return &layers[i]
		case match(l.pkg, pkg):
			wild = &layers[i]
		}
	}
	return wild
}

func matchAny(patterns []string, pkg string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return match(p, pkg) })
}

func match(pattern, pkg string) bool {
	if above, ok := strings.CutSuffix(pattern, "/..."); ok {
		return pkg != above && within(pkg, above)
	}
	return pattern == pkg
}

// within tells if a package is another or below it.
func within(pkg, above string) bool {
	return pkg == above || strings.HasPrefix(pkg, above+"/")
}

// parse reads the imports of every Go file below the module's root, for every system
// and build tag: the files are parsed, not built. Tests are free to import what they
// need, so their files are left out.
func parse(t *testing.T, root string) (edges []edge, pkgs []string) {
	t.Helper()
	seen := make(map[string]bool)
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			base := d.Name()
			if rel != "." && (base == "testdata" || base == "vendor" || base[0] == '.' || base[0] == '_') {
				return filepath.SkipDir // as the go command does
			}
			return nil
		}
		if !strings.HasSuffix(rel, ".go") || strings.HasSuffix(rel, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg := path.Dir(rel)
		seen[pkg] = true
		for _, s := range f.Imports {
			imp, err := strconv.Unquote(s.Path.Value)
			if err != nil {
				return err
			}
			edges = append(edges, edge{rel, pkg, imp})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return edges, slices.Sorted(maps.Keys(seen))
}
