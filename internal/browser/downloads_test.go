package browser

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/tracewatch"
)

func testDownloads(t *testing.T, b *Browser, s *Stage) {
	p := openPage(t, b, s.URL)
	awaitFault(t, p)
	f := newFetcher(t, p.Tab)

	// Of a time that is still in memory when all that is clicked.
	click(t, p.Tab, "[data-seconds='1']")
	clickHottest(t, p)
	part, _ := f.click(t, `#detail a[href^="trace?from="]`)
	waits, _ := f.click(t, `#detail a[href^="profile?kind=sched"]`)
	requireTrace(t, part)
	analyze(t, part)
	require.Contains(t, goTool(t, "pprof", "-top", "-symbolize=none", waits), "flat%")

	trace, name := f.click(t, `#take a[href="trace?seconds=15"]`)
	require.Regexp(t, `\.trace$`, name)
	requireTrace(t, trace)
	report := analyze(t, trace)
	require.Greater(t, report.To.Sub(report.From).Seconds(), 2.0)
	runs, _ := f.click(t, `#take a[href="profile?kind=running"]`)
	require.Contains(t, goTool(t, "pprof", "-top", "-symbolize=none", runs), culprit)

	file, name := f.click(t, `#take a[href="report.json"]`)
	require.Equal(t, "report.json", name)
	var document struct {
		Report struct {
			Requests []any `json:"requests"`
			Places   []any `json:"places"`
		} `json:"report"`
	}
	require.NoError(t, json.Unmarshal(read(t, file), &document))
	require.NotEmpty(t, document.Report.Requests)
	require.NotEmpty(t, document.Report.Places)

	file, _ = f.click(t, `#take a[href^="heatmap.png"]`)
	image, err := png.Decode(bytes.NewReader(read(t, file)))
	require.NoError(t, err)
	require.GreaterOrEqual(t, image.Bounds().Dx(), 200)
	file, _ = f.click(t, `#take a[href^="heatmap.svg"]`)
	requireXML(t, read(t, file))

	click(t, p.Tab, anomaly+" .summary")
	until(t, p.Tab, "document.querySelector("+quote(anomaly+" a[href^=\"dump?\"]")+")")
	number := strings.TrimPrefix(eval[string](t, p.Tab, "document.querySelector("+quote(anomaly+" a[href^=\"dump?\"]")+").getAttribute('href')"), "dump?anomaly=")
	file, _ = f.click(t, anomaly+` a[href="dump?anomaly=`+number+`"]`)
	for _, a := range s.Watcher.Anomalies() {
		if number == string(mustJSON(t, a.Number)) {
			require.True(t, bytes.Equal(read(t, a.Dump()), read(t, file)), "the dump is the file on the disk")
		}
	}
	require.Contains(t, mentions(analyze(t, file)), "sched-delay", "the same is found in it")
	p.requireClean(t)
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	require.NotEmpty(t, data)
	return data
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return text
}

func mentions(r *tracewatch.Report) (kinds []string) {
	for _, a := range r.Anomalies {
		kinds = append(kinds, a.Kind)
	}
	return kinds
}

// requireTrace fails if Go's own tool cannot read a trace.
func requireTrace(t *testing.T, file string) {
	t.Helper()
	require.NotEmpty(t, goTool(t, "trace", "-pprof=sched", file))
}

func analyze(t *testing.T, file string, opts ...tracewatch.Option) *tracewatch.Report {
	t.Helper()
	r, err := tracewatch.Analyze(t.Context(), bytes.NewReader(read(t, file)), opts...)
	require.NoError(t, err)
	require.Positive(t, r.Stats.Events)
	return r
}

func requireXML(t *testing.T, data []byte) {
	t.Helper()
	var first string
	for d := xml.NewDecoder(bytes.NewReader(data)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if e, ok := token.(xml.StartElement); ok && first == "" {
			first = e.Name.Local
		}
	}
	require.Equal(t, "svg", first)
}

// goTool runs a tool of Go, and returns what it prints.
func goTool(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"tool"}, args...)...)
	cmd.Env = append(os.Environ(), "PPROF_TMPDIR="+t.TempDir())
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, "%v: %s", args, stderr.String())
	return string(out)
}
