package tracewatchhttp

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"regexp"
	"strings"
	"sync"

	"github.com/gotracewatch/tracewatch/tracewatch"
)

// assets is what the page is made of: page.html, and beside it all that it names. There is no build step: what is
// served is what was written.
//
//go:embed assets
var assets embed.FS

// assetDir is where they are.
const assetDir = "assets/"

// pageMarker is where a page in a file has its data, and pageTitle what stands for the title.
const (
	pageMarker = "<!--data-->"
	pageTitle  = "<title>tracewatch</title>"
	pageFirst  = `<meta charset="utf-8">`
)

// WritePage writes a report as a page in one file, with the views of the debug page: heat maps, anomalies,
// rules, requests, places and, of the cells that [tracewatch.WithHotCells] asked for, who waited and why. It
// needs no server and no network, and its policy lets it have none: whatever names the trace has,
// nothing runs but the page's own scripts, which it knows by their hashes.
//
// A report that Analyze returned together with an error has a page, too. To see all there is, ask for it:
//
//	r, err := tracewatch.Analyze(ctx, file, tracewatch.WithPlaces(), tracewatch.WithHotCells(32))
func WritePage(w io.Writer, title string, r *tracewatch.Report) error {
	if r == nil {
		return errors.New("tracewatchhttp: no report")
	}
	// Encoding escapes <, >, & and the two line ends of JavaScript, also in what marshals itself: no name ends the
	// element that the data is in.
	data, err := json.Marshal(struct {
		Title  string             `json:"title"`
		Report *tracewatch.Report `json:"report"`
	}{title, r})
	if err != nil {
		return fmt.Errorf("tracewatchhttp: the report as JSON: %w", err)
	}
	page := filePage()
	for _, part := range [][]byte{
		page[0], []byte("<title>" + html.EscapeString(title) + "</title>"),
		page[1], []byte(`<script type="application/json" id="data">`), data, []byte("</script>"),
		page[2],
	} {
		if _, err := w.Write(part); err != nil {
			return fmt.Errorf("tracewatchhttp: writing the page: %w", err)
		}
	}
	return nil
}

// assetOf returns the asset of a name, false if there is none.
func assetOf(name string) ([]byte, bool) {
	data, err := assets.ReadFile(assetDir + name)
	return data, err == nil
}

// reference finds where page.html names a style sheet or a script.
var reference = regexp.MustCompile(`<link rel="stylesheet" href="([a-z0-9.-]+)">|<script src="([a-z0-9.-]+)"></script>`)

// filePage is the page with its scripts and its styles in it, cut where the title and the data go.
var filePage = sync.OnceValue(func() [3][]byte {
	page, _ := assetOf(pageName)
	var styles, scripts []string
	page = reference.ReplaceAllFunc(page, func(match []byte) []byte {
		names := reference.FindSubmatch(match)
		if len(names[1]) > 0 {
			text, _ := assetOf(string(names[1]))
			styles = append(styles, hashOf(text))
			return bytes.Join([][]byte{[]byte("<style>"), text, []byte("</style>")}, nil)
		}
		text, _ := assetOf(string(names[2]))
		scripts = append(scripts, hashOf(text))
		return bytes.Join([][]byte{[]byte("<script>"), text, []byte("</script>")}, nil)
	})
	policy := fmt.Sprintf(`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src %s; style-src %s; img-src data:; base-uri 'none'; form-action 'none'">`,
		strings.Join(scripts, " "), strings.Join(styles, " "))
	page = bytes.Replace(page, []byte(pageFirst), []byte(pageFirst+"\n"+policy), 1)
	before, rest, _ := bytes.Cut(page, []byte(pageTitle))
	middle, after, _ := bytes.Cut(rest, []byte(pageMarker))
	return [3][]byte{before, middle, after}
})

// hashOf is how a policy names a text that is in the page.
func hashOf(text []byte) string {
	sum := sha256.Sum256(text)
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
