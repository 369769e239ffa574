package render

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gotracewatch/tracewatch/internal/limits"
)

// readable returns what may be shown of a text that may be anybody's: no control or formatting characters
// (those that turn the direction of writing can make a name look like another), nothing
// that XML does not allow, and no more than limits.PictureText characters.
func readable(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n == limits.PictureText {
			return strings.TrimRight(b.String(), " ") + "…"
		}
		switch {
		case r == '\n', r == '\t', r == '\r':
			r = ' '
		case r == '\u00ad', r == '\ufeff', unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r),
			unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r), r&0xfffe == 0xfffe:
			r = utf8.RuneError
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}

// fit cuts a text to a width.
func fit(c canvas, f face, s string, width int) string {
	s = readable(s)
	if c.width(f, s) <= width {
		return s
	}
	rs := []rune(s)
	for n := len(rs) - 1; n > 0; n-- {
		cut := strings.TrimRight(string(rs[:n]), " ") + "…"
		if c.width(f, cut) <= width {
			return cut
		}
	}
	return ""
}
