package tracewatch

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/tracegen"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// TestPiecesDoNotMatter: the same bytes give the same observations, windows, anomalies,
// verdicts and statistics, in however small pieces they come.
func TestPiecesDoNotMatter(t *testing.T) {
	traces := map[string][]byte{
		"synthetic go1.22": tracegen.Random(1, tracegen.Shape{Version: wire.Go122, Events: 2_000}),
		"synthetic go1.26": tracegen.Random(1, tracegen.Shape{Events: 2_000}),
	}
	for _, tr := range recorded.All() {
		if tr.Name == "network" || tr.Name == "scheduling" {
			data, err := tr.Bytes()
			require.NoError(t, err)
			traces[tr.String()] = data
		}
	}
	for name, data := range traces {
		t.Run(name, func(t *testing.T) {
			read := func(wrap func(io.Reader) io.Reader) []string {
				var w witness
				report, err := Analyze(context.Background(), wrap(bytes.NewReader(data)), witnessed(&w)...)
				require.NoError(t, err)
				return testimony(t, &w, report)
			}
			want := read(func(r io.Reader) io.Reader { return r })
			require.NotEmpty(t, want)
			for name, wrap := range map[string]func(io.Reader) io.Reader{
				"again":                func(r io.Reader) io.Reader { return r },
				"byte by byte":         iotest.OneByteReader,
				"half of each":         iotest.HalfReader,
				"data with its end":    iotest.DataErrReader,
				"nothing now and then": func(r io.Reader) io.Reader { return &hesitant{r: r} },
			} {
				requireSame(t, want, read(wrap), name)
			}
		})
	}
}

// hesitant is a reader that returns nothing every other time, as a reader may.
type hesitant struct {
	r    io.Reader
	idle bool
}

func (h *hesitant) Read(p []byte) (int, error) {
	if h.idle = !h.idle; h.idle {
		return 0, nil
	}
	return h.r.Read(p[:min(len(p), 1_000)])
}

// TestSnapshotsAreTheStream: a flight recorder's overlapping snapshots, of which each
// generation is taken once, give what a stream of the same run gives.
func TestSnapshotsAreTheStream(t *testing.T) {
	for _, release := range []string{"1.25", "1.26", "1.27"} {
		t.Run("go"+release, func(t *testing.T) {
			load := func(name string) []byte {
				data, err := recorded.Trace{Go: release, Name: "flightrecorder" + name}.Bytes()
				require.NoError(t, err)
				return data
			}
			// Take what is new of each snapshot, as internal/capture does.
			var snapshots []wire.Raw
			last, overlap := uint64(0), 0
			for _, name := range []string{".1", ".2", ".3", ""} {
				s := wire.Splitter{
					Want: func(n uint64) bool {
						if n <= last {
							overlap++
						}
						return n > last
					},
					Emit: func(raw wire.Raw) {
						last = raw.Number
						snapshots = append(snapshots, raw)
					},
				}
				_, err := s.Write(load(name))
				require.NoError(t, err)
				require.NoError(t, s.Close())
			}
			require.Positive(t, overlap)

			stream := split(t, load(".stream"))
			first := snapshots[0].Number
			shared := slices.DeleteFunc(slices.Clone(stream), func(r wire.Raw) bool { return r.Number < first || r.Number > last })
			require.Len(t, shared, len(snapshots))
			for i := range shared {
				require.Equal(t, shared[i].Number, snapshots[i].Number)
				require.True(t, bytes.Equal(shared[i].Data, snapshots[i].Data), "generation %d", shared[i].Number)
			}

			requireSame(t, feedAll(t, shared), feedAll(t, snapshots), "from the same generation on")

			// Within the stream more is known of what came before. The rest is the same, from
			// the second generation on: the first moments of a generation may have to give
			// way to the last ones of the one before.
			whole := moments(feedAll(t, stream), first, last)
			require.NotEmpty(t, whole)
			requireSame(t, whole, moments(feedAll(t, snapshots), first, last), "within the stream")
		})
	}
}

func split(t *testing.T, data []byte) (raws []wire.Raw) {
	t.Helper()
	s := wire.Splitter{Emit: func(raw wire.Raw) { raws = append(raws, raw) }}
	_, err := s.Write(data)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	return raws
}

// feedAll feeds generations to an engine, the part of Analyze that a watcher shares, and
// returns what it was told.
func feedAll(t *testing.T, raws []wire.Raw) []string {
	t.Helper()
	var w witness
	cfg, err := newConfig(witnessed(&w))
	require.NoError(t, err)
	e, err := newEngine(cfg)
	require.NoError(t, err)
	for _, raw := range raws {
		anomalies, err := e.feed(raw)
		require.NoError(t, err)
		for _, a := range anomalies {
			w.told = append(w.told, a.Summary)
		}
	}
	return w.told
}

// moments keeps of each line between the ends of two generations when something
// happened and what kind of thing it was.
func moments(lines []string, after, to uint64) []string {
	var kept []string
	generation := uint64(0)
	for _, l := range lines {
		var at, kind int64
		if n, _ := fmt.Sscanf(l, "window %d", &generation); n == 1 && generation == to {
			break
		}
		if n, _ := fmt.Sscanf(l, "%d kind %d", &at, &kind); n == 2 && generation >= after {
			kept = append(kept, fmt.Sprint(at, " ", kind))
		}
	}
	return kept
}
