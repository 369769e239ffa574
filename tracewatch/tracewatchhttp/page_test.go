package tracewatchhttp

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// hostile is a name that a trace can have, and that must not become anything else than text.
const hostile = "</script><script>alert(1)</script><!--\u2028\u2029<img src=x onerror=alert(2)>&amp;\"'`]]>"

// hostileReport has the name wherever one can be.
func hostileReport() *tracewatch.Report {
	site := detectors.Site{Func: hostile, File: hostile, Line: 1}
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	why := &detectors.Explanation{Goroutine: 1, From: 0, To: 10, Chain: []*detectors.Link{{
		Dimension: detectors.DimLock, What: hostile, Site: site, Total: 10, Count: 1, Goroutines: []detectors.GoID{1}, NumGoroutines: 1,
	}}}
	return &tracewatch.Report{
		From: 0, To: 1e9, At: &at,
		Anomalies: []*tracewatch.Anomaly{{
			Number: 1, Kind: hostile, Site: site, Summary: hostile, Why: hostile, Advice: hostile,
			Evidence: detectors.Evidence{
				Measures:   []detectors.Measure{{Name: hostile, Value: 1, Unit: hostile}},
				Sites:      []detectors.SiteEvidence{{Name: hostile, What: hostile}},
				Goroutines: []detectors.GoroutineEvidence{{ID: 1, What: hostile, Frames: []detectors.Frame{{Func: hostile, File: hostile}}}},
			},
		}},
		Verdicts: []tracewatch.Verdict{{Kind: hostile, Doc: hostile, Verdict: detectors.Verdict{Note: hostile, Unit: hostile}}},
		Requests: []detectors.Request{{Name: hostile, Count: 1, Slowest: []detectors.SlowRequest{{Line: []detectors.Piece{{End: 1, Site: site}}}}}},
		Uses:     []tracewatch.ProcUse{{Site: site}},
		Places:   []tracewatch.Place{{Site: site, Blocked: map[string]tracewatch.Spans{hostile: {}}}},
		Heat:     []tracewatch.HeatStrip{{Number: 1, End: 1e9, At: &at, Procs: 1, Cells: []tracewatch.Levels{{1, 255}}, Waits: []tracewatch.Levels{{1}}}},
		Cells: []*tracewatch.Cell{{
			Waited:      []tracewatch.Waiter{{Site: site, Was: hostile, WakerSite: site, Stack: []detectors.Frame{{Func: hostile}}}},
			Explanation: why,
		}},
	}
}

func page(t *testing.T, title string, r *tracewatch.Report) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, WritePage(&b, title, r))
	return b.String()
}

// An element is a script or a style of a page: its attributes and its text.
type element struct{ tag, attributes, text string }

var elements = regexp.MustCompile(`(?s)<(script|style)([^>]*)>(.*?)</(?:script|style)>`)

func elementsOf(page string) (all []element) {
	for _, m := range elements.FindAllStringSubmatch(page, -1) {
		all = append(all, element{m[1], m[2], m[3]})
	}
	return all
}

// dataOf is the data of a page.
func dataOf(t *testing.T, page string) (data struct {
	Title  string
	Report map[string]any
},
) {
	t.Helper()
	for _, e := range elementsOf(page) {
		if strings.Contains(e.attributes, `id="data"`) {
			require.NoError(t, json.Unmarshal([]byte(e.text), &data))
			return data
		}
	}
	t.Fatal("the page has no data")
	return data
}

func TestNamesStayText(t *testing.T) {
	t.Parallel()
	plain := page(t, "trace.out", &tracewatch.Report{})
	with := page(t, hostile, hostileReport())

	for _, no := range []string{"<script>alert", "<img", "]]>"} {
		require.False(t, strings.Contains(with, no), no) // a page is too long to be printed
	}
	for _, e := range elementsOf(with) {
		require.False(t, strings.ContainsAny(e.text, "\u2028\u2029"))
	}
	require.Len(t, elementsOf(with), len(elementsOf(plain)), "no name begins or ends a script")
	data := dataOf(t, with)
	require.Equal(t, hostile, data.Title)
	require.Equal(t, hostile, data.Report["requests"].([]any)[0].(map[string]any)["name"])
	require.True(t, strings.Contains(with, "<title>&lt;/script&gt;"))

	// All but the title and the data is the same for every report.
	for _, p := range []*string{&plain, &with} {
		*p = regexp.MustCompile(`(?s)<title>.*?</title>|id="data">.*?</script>`).ReplaceAllString(*p, "")
	}
	require.True(t, plain == with)
}

func TestOnlyKnownScriptsRun(t *testing.T) {
	t.Parallel()
	p := page(t, "trace.out", hostileReport())
	policy := regexp.MustCompile(`<meta http-equiv="Content-Security-Policy" content="([^"]*)">`).FindStringSubmatch(p)
	require.Len(t, policy, 2)
	require.NotContains(t, policy[1], "unsafe")
	require.NotContains(t, policy[1], "connect-src", "it falls back to none")
	directives := map[string]string{}
	for d := range strings.SplitSeq(policy[1], ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(d), " ")
		directives[name] = value
	}
	require.Equal(t, "'none'", directives["default-src"])
	require.Equal(t, "data:", directives["img-src"])
	var scripts, styles []string
	for _, e := range elementsOf(p) {
		switch {
		case e.tag == "style":
			styles = append(styles, hashOf([]byte(e.text)))
		case !strings.Contains(e.attributes, "application/json"):
			scripts = append(scripts, hashOf([]byte(e.text)))
		}
	}
	require.Equal(t, strings.Join(scripts, " "), directives["script-src"])
	require.Equal(t, strings.Join(styles, " "), directives["style-src"])
	require.Less(t, strings.Index(p, policy[0]), strings.Index(p, "<script"), "the policy comes before what it is for")
}

func TestPageNeedsNothingElse(t *testing.T) {
	t.Parallel()
	p := page(t, "trace.out", &tracewatch.Report{})
	for _, no := range []string{"src=", "http:", "https:", "@import", "url(", `rel="stylesheet"`, " style=", " onclick=", "javascript:"} {
		require.False(t, strings.Contains(p, no), no)
	}
	require.True(t, strings.HasPrefix(p, "<!DOCTYPE html>"))
	require.True(t, strings.HasSuffix(p, "</html>\n"))
}

func TestPageOfRecordedTrace(t *testing.T) {
	t.Parallel()
	f, err := os.Open("../../internal/recorded/testdata/go1.26-scheduling.trace.gz")
	require.NoError(t, err)
	defer f.Close()
	z, err := gzip.NewReader(f)
	require.NoError(t, err)
	r, err := tracewatch.Analyze(t.Context(), z, tracewatch.WithPlaces(), tracewatch.WithHotCells(4))
	require.NoError(t, err)
	data := dataOf(t, page(t, "trace.out", r))
	require.Len(t, data.Report["heat"], len(r.Heat))
	require.Len(t, data.Report["places"], len(r.Places))
	require.Len(t, data.Report["cells"], len(r.Cells))
	require.NotEmpty(t, r.Heat)
	require.NotEmpty(t, r.Places)
	require.NotEmpty(t, r.Cells)
}

func TestNoReportIsNoPage(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	require.Error(t, WritePage(&b, "trace.out", nil))
	require.Zero(t, b.Len())
}

// fullDisk takes some writes, and no more.
type fullDisk int

var errFull = errors.New("full")

func (d *fullDisk) Write(p []byte) (int, error) {
	if *d--; *d < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWritePageReportsWhatItCannotWrite(t *testing.T) {
	t.Parallel()
	for n := range 6 {
		d := fullDisk(n)
		require.ErrorIs(t, WritePage(&d, "trace.out", &tracewatch.Report{}), errFull)
	}
	require.NoError(t, WritePage(io.Discard, "", &tracewatch.Report{}))
}

// What is served is found by its base name: two of one name would be one.
func TestAssetsHaveNamesThatAreServed(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	require.NoError(t, fs.WalkDir(assets, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		require.Regexp(t, `^[a-z0-9][a-z0-9.-]*\.(html|css|js)$`, d.Name())
		require.False(t, names[d.Name()], d.Name())
		require.Equal(t, assetDir+d.Name(), path)
		names[d.Name()] = true
		return nil
	}))
	require.True(t, names[pageName])

	// The page names all there is, and nothing else.
	html, ok := assetOf(pageName)
	require.True(t, ok)
	named := map[string]bool{pageName: true}
	for _, m := range reference.FindAllSubmatch(html, -1) {
		named[string(m[1])+string(m[2])] = true
	}
	require.Equal(t, names, named)
	require.Equal(t, len(named)-1, strings.Count(string(html), "src=")+strings.Count(string(html), `rel="stylesheet"`))
}

// Texts reach the page as texts. What would make markup of them, or would need a policy that allows more, is in no
// script.
func TestScriptsMakeNoMarkup(t *testing.T) {
	t.Parallel()
	require.NoError(t, fs.WalkDir(assets, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := assets.ReadFile(path)
		require.NoError(t, err)
		if !strings.HasSuffix(path, ".js") {
			return nil
		}
		for _, no := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "DOMParser", "</", "<!--", `setAttribute("style`, "import(", "srcdoc"} {
			require.False(t, strings.Contains(string(text), no), "%s in %s", no, path)
		}
		require.Contains(t, string(text), `"use strict";`, path)
		return nil
	}))
}
