package sick

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/scenario"
	"github.com/gotracewatch/tracewatch/internal/scenario/scenariotest"
)

// TestFaultsShow runs each program with its fault in both strengths and has the reference reader
// look for the symptom. Those that are the shop are tested there; one of them is run here too. It
// records for up to a minute, because whatever else runs on the machine can hide a symptom or
// look like one: other packages' tests do.
func TestFaultsShow(t *testing.T) {
	for _, sc := range All() {
		s, ok := symptoms[sc.Kind]
		if !ok || strings.HasPrefix(sc.Name, "shop-") && sc.Name != "shop-report-nobody-takes" {
			continue // a test of its own
		}
		t.Run(sc.Name, func(t *testing.T) {
			for i, strength := range []scenario.Strength{scenario.Mild, scenario.Severe} {
				p, err := sc.Start(t.Context())
				require.NoError(t, err)
				stopped := false
				stop := func() {
					if !stopped {
						stopped = true
						require.NoError(t, p.Stop())
					}
				}
				t.Cleanup(stop) // also when what follows fails
				if i == 0 {
					expect(t, sc, s, "healthy", false)
				}
				require.NoError(t, p.Break(strength))
				time.Sleep(100 * time.Millisecond)
				expect(t, sc, s, string(strength), true)
				stop()
			}
		})
	}
}

func expect(t *testing.T, sc scenario.Scenario, s symptom, state string, want bool) {
	t.Helper()
	d := s.duration
	if !want {
		d = 400 * time.Millisecond
	}
	for begin := time.Now(); ; {
		r := record(t, d)
		shows, numbers := s.measure(r, sc.Sites)
		t.Logf("%s: %s; %d kB/s", state, numbers, int(r.perSecond(r.bytes)/1e3))
		if shows == want {
			return
		}
		require.Less(t, time.Since(begin), time.Minute, "%s: want the symptom: %v", state, want)
	}
}

// TestWellFormed holds what a scoreboard takes for granted.
func TestWellFormed(t *testing.T) {
	names, kinds := map[string]bool{}, map[string]int{}
	for _, sc := range All() {
		require.Regexp(t, regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)+$`), sc.Name)
		require.False(t, names[sc.Name], sc.Name)
		names[sc.Name] = true
		kinds[sc.Kind]++
		require.Regexp(t, `^[A-Z].*\.$`, sc.Doc)
		require.NotNil(t, sc.Start, sc.Name)
		require.NotContains(t, sc.Follows, sc.Kind)
		for kind, reason := range sc.Follows {
			require.NotEmpty(t, reason, "%s: %s", sc.Name, kind)
		}
		_, visible := symptoms[sc.Kind]
		require.Equal(t, visible, len(sc.Sites) > 0, "%s: a fault in a function has a site", sc.Name)
	}
	if runtime.GOOS == "linux" {
		require.Len(t, kinds, 12)
		for kind, n := range kinds {
			require.GreaterOrEqual(t, n, 2, kind)
		}
	}
}

// TestMisuse asks for what a program cannot do.
func TestMisuse(t *testing.T) {
	p, err := slowLogger().Start(t.Context())
	require.NoError(t, err)
	require.Error(t, p.Break("awful"))
	require.NoError(t, p.Break(scenario.Mild))
	require.Error(t, p.Break(scenario.Mild))
	require.NoError(t, p.Stop())
	require.NoError(t, p.Stop())
	require.Error(t, p.Break(scenario.Mild))
}

// TestSitesAreFrames holds that each site of this package is a function that keeps a frame of its
// own, without which no stack names it.
func TestSitesAreFrames(t *testing.T) {
	kept := map[string]bool{}
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, parser.ParseComments|parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range parsed.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Doc != nil &&
				slices.ContainsFunc(fn.Doc.List, func(c *ast.Comment) bool { return c.Text == "//go:noinline" }) {
				kept[frameName(fn)] = true
			}
		}
	}
	for _, sc := range All() {
		for _, s := range sc.Sites {
			name, ours := strings.CutPrefix(s, site(""))
			if outer, _, closure := strings.Cut(name, ".func"); ours && !closure {
				require.True(t, kept[name], "%s: %s", sc.Name, s)
			} else if ours {
				require.NotEmpty(t, outer)
			}
		}
	}
}

// frameName is how a stack names a function, after its package.
func frameName(fn *ast.FuncDecl) string {
	if fn.Recv == nil {
		return fn.Name.Name
	}
	if star, ok := fn.Recv.List[0].Type.(*ast.StarExpr); ok {
		return "(*" + star.X.(*ast.Ident).Name + ")." + fn.Name.Name
	}
	return fn.Recv.List[0].Type.(*ast.Ident).Name + "." + fn.Name.Name
}

// TestStopLeavesNothing holds that a program ends what it started, but what cannot be ended.
func TestStopLeavesNothing(t *testing.T) {
	for _, sc := range All() {
		if strings.HasPrefix(sc.Name, "shop-") {
			continue // tested there
		}
		t.Run(sc.Name, func(t *testing.T) {
			p := scenariotest.Start(t, sc)
			require.NoError(t, p.Break(scenario.Mild))
			time.Sleep(50 * time.Millisecond)
			require.NoError(t, p.Stop())
		})
	}
}
