package wire_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

func TestParseHeader(t *testing.T) {
	for _, v := range versions {
		h := v.Header()
		got, err := wire.ParseHeader(append(h[:], "what follows"...))
		require.NoError(t, err)
		require.Equal(t, v, got)
		require.False(t, v.Old())
	}
}

func TestParseHeaderErrors(t *testing.T) {
	for _, test := range []struct {
		header  string
		is      error
		version wire.Version
		says    string
	}{
		{"", wire.ErrNotTrace, 0, "0 bytes"},
		{"go 1.26 trace", wire.ErrNotTrace, 0, "13 bytes"},
		{"go 1.26 trace\x00\x00", wire.ErrNotTrace, 0, "15 bytes"},
		{"go 1.26 trace\x00\x00\x01", wire.ErrNotTrace, 0, `begins with "go 1.26 trace\x00\x00\x01"`},
		{"\x7fELF............", wire.ErrNotTrace, 0, `begins with "\x7fELF`},
		{"go 1.99 trace\x00\x00\x00", wire.ErrVersion, 99, "go 1.99 is newer than go 1.26"},
		{"go 1.27 trace\x00\x00\x00", wire.ErrVersion, 27, "update it"},                          // Go 1.27 itself writes 26
		{"go 1.24 trace\x00\x00\x00", wire.ErrVersion, 24, "unsupported trace version: go 1.24"}, // never was one
		{"go 1.7 trace\x00\x00\x00\x00", wire.ErrVersion, 7, "unsupported trace version: go 1.7"},
		{"go 1.21 trace\x00\x00\x00", wire.ErrVersion, 21, "go 1.21"},
		{"go 1.19 trace\x00\x00\x00", wire.ErrVersion, 19, "go 1.19"},
		{"go 1.11 trace\x00\x00\x00", wire.ErrVersion, 11, "go 1.11"},
	} {
		v, err := wire.ParseHeader([]byte(test.header))
		require.ErrorIs(t, err, test.is, "%q", test.header)
		require.ErrorContains(t, err, test.says)
		require.Equal(t, test.version, v)
		require.Equal(t, v == 11 || v == 19 || v == 21, v.Old())

		_, err = split([]byte(test.header), 0)
		require.ErrorIs(t, err, test.is, "through a Splitter: %q", test.header)
		require.ErrorContains(t, err, test.says)
		require.Equal(t, v > wire.Go126, strings.Contains(err.Error(), "newer"), "%v", err)
	}
}
