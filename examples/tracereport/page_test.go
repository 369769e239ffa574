package main

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
)

func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "",
		"main.(*cache[go.shape]).get": "main.(*cache[go.shape]).get",
		"größe 大きさ ← │ … µs":          "größe 大きさ ← │ … µs",
		"\x1b[31mred\x1b[0m":          `\x1b[31mred\x1b[0m`,
		"\x1b]0;title\a":              `\x1b]0;title\a`,
		"a\nb\tc\rd":                  `a\nb\tc\rd`,
		"\u009b31m":                   `\u009b31m`, // CSI as one character
		"a\u202eb\u2066c\u200b":       `a\u202eb\u2066c\u200b`,
		"a\u2028b":                    `a\u2028b`,
		"\xff\xc3(":                   `\xff\xc3(`,
		"\x9b31m":                     `\x9b31m`,
		"\x01":                        `\x01`,
		"a b":                         "a b",
	} {
		require.Equal(t, want, clean(text))
		require.Equal(t, want, clean(clean(text)))
	}
	require.Equal(t, "a\\r\nb", cleanLines("a\r\nb"))
}

func TestCut(t *testing.T) {
	require.Equal(t, "abc", cut("abc", 3))
	require.Equal(t, "ab…", cut("abcd", 3))
	require.Equal(t, "…", cut("abcd", 1))
	require.Equal(t, "大…", cut("大きさ", 4), "they are two columns wide")
	require.Equal(t, "大き…", cut("大きさ", 5))
	require.Equal(t, 1, columns("e\u0301"))
	require.Equal(t, []string{"aa bb", "cc"}, wrap("aa bb  cc", 5))
	require.Equal(t, []string{"aaaaa", "aa b"}, wrap("aaaaaaa b", 5), "a word that is longer than a line")
	require.Equal(t, []string{""}, wrap("", 5))
}

var escapes = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// check holds lines to a width, and to colours that end where the line does.
func check(t *testing.T, text string, width int, where ...any) {
	t.Helper()
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		bare := escapes.ReplaceAllString(line, "")
		require.True(t, utf8.ValidString(line), where...)
		require.False(t, strings.ContainsFunc(bare, dangerous), "%q in %v", line, where)
		if width > 0 {
			require.LessOrEqual(t, columns(bare), width, "%q in %v", bare, where)
		}
		if all := escapes.FindAllString(line, -1); len(all) > 0 {
			require.Equal(t, "\x1b[0m", all[len(all)-1], where...)
		}
	}
}

// TestLines writes any text at any width.
func TestLines(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	letters := []rune("aaaabc   xyz大é\u0301…\x1b\n\u202e")
	text := func() string {
		var b strings.Builder
		for range r.IntN(30) {
			b.WriteRune(letters[r.IntN(len(letters))])
		}
		return b.String()
	}
	for range 1_000 {
		p := page{width: 20 + r.IntN(40), color: r.IntN(2) == 0}
		p.line(piece{text(), bold}, piece{text(), plain}, piece{text(), red})
		require.Equal(t, 1, strings.Count(p.String(), "\n"))
		p.prose(piece{text(), dim}, text()+" "+text(), plain)
		p.heading(text())
		p.table(row{cells: []string{"n", text()}, of: text()}, []row{{cells: []string{text(), text()}, of: text()}, {cells: []string{"1", "2"}, of: text(), style: dim}})
		check(t, p.String(), p.width)
		wide := page{}
		s := text()
		wide.line(piece{s, red})
		require.Equal(t, strings.TrimRight(clean(s), " ")+"\n", wide.String(), "a pipe gets all of it")
	}
}

// TestBar: a bar is as long as it is to be, whatever it is of, and has all that is worth a letter.
func TestBar(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	seen := make(map[string]detectors.Dimension)
	for d := range detectors.NumDimensions {
		l, s := letter(d)
		require.Len(t, l, 1)
		require.NotEmpty(t, s)
		require.NotContains(t, seen, l, d)
		seen[l] = d
	}
	for range 2_000 {
		var parts detectors.Parts
		for d := range parts {
			if r.IntN(3) == 0 {
				parts[d] = time.Duration(r.ExpFloat64() * 1e6)
			}
		}
		width := 1 + r.IntN(100)
		text := ""
		for _, x := range bar(&parts, width) {
			text += x.text
		}
		if parts.Sum() == 0 {
			require.Empty(t, text)
			continue
		}
		require.Len(t, text, width)
		for d, part := range parts {
			l, _ := letter(detectors.Dimension(d))
			if float64(part)*float64(width) >= 2*float64(parts.Sum()) {
				require.Contains(t, text, l, parts)
			}
			if part == 0 {
				require.NotContains(t, text, l, parts)
			}
		}
	}
	require.Equal(t, "R running 3 ms (75%), L lock 1 ms (25%)", legend(&detectors.Parts{detectors.DimRunning: 3e6, detectors.DimLock: 1e6}))
}
