package render

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// checkSVG reads all of an SVG, and fails if it has anything that could run or load something.
// It returns what it says, and the embedded pictures.
func checkSVG(t testing.TB, svg string) (texts []string, images [][]byte) {
	t.Helper()
	allowed := map[string]bool{"svg": true, "title": true, "desc": true, "defs": true, "pattern": true, "rect": true, "path": true, "text": true, "image": true}
	d := xml.NewDecoder(strings.NewReader(svg))
	ids := make(map[string]bool)
	elements, root := 0, ""
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		switch e := token.(type) {
		case xml.CharData:
			if s := strings.TrimSpace(string(e)); s != "" {
				texts = append(texts, s)
			}
		case xml.StartElement:
			elements++
			require.True(t, allowed[e.Name.Local], "element %s", e.Name.Local)
			require.Equal(t, "http://www.w3.org/2000/svg", e.Name.Space)
			for _, a := range e.Attr {
				name := strings.ToLower(a.Name.Local)
				require.False(t, strings.HasPrefix(name, "on"), "attribute %s", name)
				require.NotEqual(t, "style", name)
				switch {
				case name == "href":
					data, ok := strings.CutPrefix(a.Value, "data:image/png;base64,")
					require.True(t, ok, a.Value)
					raw, err := base64.StdEncoding.DecodeString(data)
					require.NoError(t, err)
					images = append(images, raw)
				case name == "id":
					require.False(t, ids[a.Value], "two of %s", a.Value)
					ids[a.Value] = true
				case strings.Contains(a.Value, "url("):
					id, ok := strings.CutPrefix(a.Value, "url(#")
					require.True(t, ok, a.Value)
					require.True(t, ids[strings.TrimSuffix(id, ")")], a.Value)
				}
			}
			if elements == 1 {
				root = e.Name.Local
				var role string
				for _, a := range e.Attr {
					if a.Name.Local == "role" {
						role = a.Value
					}
				}
				require.Equal(t, "img", role)
			}
		case xml.Comment, xml.ProcInst, xml.Directive:
			require.Fail(t, "it has more than elements and text")
		}
	}
	require.Equal(t, "svg", root)
	for _, raw := range images {
		_, err := png.Decode(bytes.NewReader(raw))
		require.NoError(t, err)
	}
	return texts, images
}

const hostile = "<script>alert(1)</script>\"' onload=x \x00\x1b[31m\xff\ufffe\u202e]]>&amp;"

func TestSVGOfAMap(t *testing.T) {
	m := &Map{
		Title: "Scheduling delay", Note: "by P", Rows: rowsOf(8, 1000, 60), Column: 10 * time.Millisecond,
		At: time.Date(2026, 11, 22, 8, 36, 59, 0, time.UTC), Gaps: []Gap{{100, 200}},
	}
	m.Rows[3].Levels[437] = 150
	texts, images := checkSVG(t, drawSVG(t, m, Options{Width: 800, Height: 300}))
	require.Equal(t, "Scheduling delay", texts[0])
	require.Equal(t, "1000 columns of 10 ms in 8 rows, from 0.000 s to 10.000 s; the highest delay is 54.5 ms or an eighth more, of P 3 at 4.370 s; 1 gap not analysed.", texts[1])
	for _, want := range []string{"by P", "P 0", "P 7", "0 s", "10 s", "08:37:00", "UTC", "not analysed", "nothing happened", "1 ms", "delay"} {
		require.Contains(t, texts, want)
	}
	require.Len(t, images, 2, "the map, and its scale")
}

// The embedded matrix is the one of the PNG.
func TestSVGHasTheSameCells(t *testing.T) {
	m := Map{Rows: rowsOf(3, 700, 40), Column: time.Second, High: 150}
	for i := range m.Rows {
		for j := range m.Rows[i].Levels {
			m.Rows[i].Levels[j] = byte(i*50 + j%7)
		}
	}
	o := Options{Width: 400, Height: 200}
	var r, v bytes.Buffer
	require.NoError(t, m.WritePNG(&r, o))
	require.NoError(t, m.WriteSVG(&v, o))
	_, images := checkSVG(t, v.String())
	cells, err := png.Decode(bytes.NewReader(images[0]))
	require.NoError(t, err)
	for y := range cells.Bounds().Dy() {
		for x := range cells.Bounds().Dx() {
			c := at(cells, x, y)
			l := 3 * y / cells.Bounds().Dy()
			hottest := byte(0)
			for j := range 700 {
				if j*cells.Bounds().Dx()/700 == x {
					hottest = max(hottest, byte(l*50+j%7))
				}
			}
			if hottest > 0 {
				require.Equal(t, heat((float64(hottest)-24)/126, false), c)
			}
		}
	}
}

func TestHostileNames(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	for _, name := range []string{hostile, long, strings.Repeat(hostile, 1000), strings.Repeat("\u0301", 5000), "漢字", "`'\"\\"} {
		m := &Map{Title: name, Note: name, Rows: []Row{{name, []byte{100, 0, 50}}, {name, []byte{1}}}, Column: time.Second,
			At: time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone(name, 3600)), Gaps: []Gap{{1, 2}}}
		for _, p := range []picture{m, &Figure{Title: name, Maps: []*Map{m, m}}} {
			for _, o := range []Options{{Width: 200, Height: 250}, {Width: 1200, Height: 400}} {
				drawPNG(t, p, o)
				svg := drawSVG(t, p, o)
				checkSVG(t, svg)
				require.NotContains(t, svg, "<script")
				require.Less(t, len(svg), 100<<10)
			}
		}
	}
}
