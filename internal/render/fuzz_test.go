package render

import (
	"bytes"
	"encoding/binary"
	"image/png"
	"math/rand/v2"
	"testing"
	"time"
)

// A script hands out what a fuzzer wrote, and zeros after that.
type script struct{ left []byte }

func (s *script) byte() byte {
	if len(s.left) == 0 {
		return 0
	}
	b := s.left[0]
	s.left = s.left[1:]
	return b
}

func (s *script) bytes(n int) []byte {
	n = min(n, len(s.left))
	b := s.left[:n]
	s.left = s.left[n:]
	return b
}

// number is a small one most of the time.
func (s *script) number() int64 {
	switch b := s.byte(); {
	case b < 128:
		return int64(b)
	case b < 192:
		return int64(b) * 1_000_003
	default:
		var x [8]byte
		copy(x[:], s.bytes(8))
		return int64(binary.LittleEndian.Uint64(x[:]))
	}
}

func (s *script) text() string { return string(s.bytes(int(s.byte()) % 40)) }

func (s *script) options() Options {
	return Options{Width: 200 + int(s.byte()), Height: 100 + int(s.byte()), Dark: s.byte()%2 == 0}
}

func (s *script) moment() time.Time {
	if s.byte()%2 == 0 {
		return time.Time{}
	}
	return time.Unix(s.number(), s.number()).In(time.FixedZone(s.text(), int(s.number()%1e5)))
}

// draw draws both ways. Both succeed or fail, and what succeeds can be read.
func drawBoth(t *testing.T, p picture, o Options) {
	var r, v bytes.Buffer
	errPNG, errSVG := p.WritePNG(&r, o), p.WriteSVG(&v, o)
	if errPNG == nil {
		if _, err := png.DecodeConfig(bytes.NewReader(r.Bytes())); err != nil {
			t.Fatal(err)
		}
	}
	if errSVG == nil {
		checkSVG(t, v.String())
		if v.Len() > 2<<20 {
			t.Fatalf("an SVG of %d bytes", v.Len())
		}
	}
}

func drawMaps(t *testing.T, data []byte, title string) {
	s := &script{data}
	o := s.options()
	fig := &Figure{Title: title, Note: s.text()}
	for range s.byte() % 4 {
		m := &Map{
			Title: s.text(), Note: title, Delays: s.byte()%2 == 0, Unit: Unit(s.byte() % 3),
			Column: time.Duration(s.number()), Begin: time.Duration(s.number()), At: s.moment(), Low: s.byte(), High: s.byte(),
		}
		for range s.byte() % 80 {
			m.Rows = append(m.Rows, Row{s.text(), s.bytes(int(s.byte()))})
		}
		for range s.byte() % 4 {
			m.Gaps = append(m.Gaps, Gap{int(s.number()), int(s.number())})
		}
		fig.Maps = append(fig.Maps, m)
	}
	drawBoth(t, fig, o)
	if len(fig.Maps) > 0 {
		drawBoth(t, fig.Maps[0], o)
	}
}

func FuzzMap(f *testing.F) {
	f.Add([]byte{}, "Title")
	f.Add([]byte{50, 50, 0, 0, 1, 1, 'm', 0, 0, 100, 0, 0, 0, 0, 3, 2, 'P', '0', 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 3, 1, 1, 1, 0, 0, 1, 1, 2}, hostile)
	f.Fuzz(drawMaps)
}

// What a fuzzer comes upon in hours, in parts: any input of these.
func TestRandomScripts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		data := make([]byte, r.IntN(3000))
		small := r.IntN(2) == 0 // numbers
		for i := range data {
			data[i] = byte(r.IntN(256))
			if small && r.IntN(8) > 0 {
				data[i] %= 100
			}
		}
		drawMaps(t, data, hostile)
	}
}
