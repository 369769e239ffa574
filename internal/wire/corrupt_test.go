package wire_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// TestCorruptTraces breaks small traces in many ways. Reading them never panics, never
// allocates beyond the bound, and what is wrong is said with its place.
func TestCorruptTraces(t *testing.T) {
	for _, v := range versions {
		data := synthetic(v)
		t.Run(fmt.Sprintf("synthetic go1.%d", v), func(t *testing.T) { checkCorrupt(t, data) })
	}
	for _, release := range releases {
		t.Run("recorded go"+release, func(t *testing.T) { checkCorrupt(t, smallest(t, release)) })
	}
}

func checkCorrupt(t *testing.T, data []byte) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	for seed := range uint64(150) {
		checkBroken(t, tracegen.Corrupt(seed, data), fmt.Sprintf("corruption %d", seed))
		flipped := append([]byte(nil), data...)
		at := rng.IntN(len(flipped))
		flipped[at] ^= byte(1 + rng.IntN(255))
		checkBroken(t, flipped, fmt.Sprintf("byte %d flipped", at))
	}
}

func checkBroken(t *testing.T, data []byte, name string) {
	t.Helper()
	var errs []error
	used := allocated(func() {
		raws, err := split(data, 0)
		errs = append(errs, err)
		for _, raw := range raws {
			_, err := wire.Parse(raw)
			errs = append(errs, err)
			readGeneration(raw)
		}
	})
	require.LessOrEqual(t, used, uint64(memoryFixed+memoryPerByte*len(data)), name)
	for _, err := range errs {
		if err == nil || errors.Is(err, wire.ErrNotTrace) || errors.Is(err, wire.ErrVersion) {
			continue
		}
		var e *wire.Error
		require.ErrorAs(t, err, &e, name)
		require.True(t, e.Offset >= 0 && e.Offset <= int64(len(data)), "%s: %v", name, err)
		require.True(t, strings.HasPrefix(err.Error(), fmt.Sprintf("trace broken at byte %d", e.Offset)), "%s: %v", name, err)
	}
}
