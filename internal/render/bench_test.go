package render

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"
	"time"
)

// tenMinutes is ten minutes of 64 Ps in columns of 10 ms, as noisy as compression likes least.
func tenMinutes() *Map {
	r := rand.New(rand.NewPCG(1, 2))
	m := &Map{Title: "Scheduling delay", Rows: rowsOf(64, 60_000, 0), Column: 10 * time.Millisecond}
	for i := range m.Rows {
		for j := range m.Rows[i].Levels {
			m.Rows[i].Levels[j] = byte(40 + r.IntN(60))
		}
	}
	return m
}

func bench(b *testing.B, draw func(w io.Writer, o Options) error) {
	var out bytes.Buffer
	b.ReportAllocs()
	for b.Loop() {
		out.Reset()
		if err := draw(&out, Options{Width: 1200, Height: 500}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(out.Len()), "bytes/picture")
}

func BenchmarkMapPNG(b *testing.B) { bench(b, tenMinutes().WritePNG) }
func BenchmarkMapSVG(b *testing.B) { bench(b, tenMinutes().WriteSVG) }
