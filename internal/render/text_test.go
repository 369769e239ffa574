package render

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/limits"
)

func TestReadable(t *testing.T) {
	for s, want := range map[string]string{
		"":                                      "",
		"net/http.(*conn).serve":                "net/http.(*conn).serve",
		"a\x00b\x1bc\x7f":                       "a�b�c�",
		"a\nb\tc":                               "a b c",
		"\xff\xfeabc":                           "��abc",
		"user\u202egnp.exe":                     "user�gnp.exe",
		"\ufffe\uffff\U0001ffff":                "���",
		"Grüße, 漢字":                             "Grüße, 漢字",
		strings.Repeat("x", 1000000):            strings.Repeat("x", limits.PictureText) + "…",
		strings.Repeat("é", limits.PictureText): strings.Repeat("é", limits.PictureText),
	} {
		got := readable(s)
		require.Equal(t, want, got)
		require.True(t, utf8.ValidString(got))
	}
}

func TestFit(t *testing.T) {
	for _, c := range []canvas{newRaster(1, 1), &vector{}} {
		require.Equal(t, "abc", fit(c, small, "abc", 100))
		cut := fit(c, small, strings.Repeat("name ", 100), 100)
		require.True(t, strings.HasSuffix(cut, "e…") || strings.HasSuffix(cut, "…"), cut)
		require.LessOrEqual(t, c.width(small, cut), 100)
		require.Empty(t, fit(c, small, "abc", 0))
		require.Empty(t, fit(c, small, "abc", -5))
	}
}
