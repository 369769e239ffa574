package render

import (
	"math"

	"github.com/gotracewatch/tracewatch/detectors"
)

// A run is neighbouring pixels of a line that show the same.
type run struct {
	from, to  int // pixels
	dimension detectors.Dimension
	piece     int // the one that has most of it
	pieces    int // how many have a part of it, at least
}

// A share is what one dimension has of a pixel.
type pixelShare struct {
	time    float32 // in pixels
	largest float32 // of one piece
	piece   int32
}

// runs divides a line's time among pixels. Each goes to the dimension that has most of it, so that where very much happens
// in a pixel it is not by chance that one thing is shown.
func (l *Line) runs(from, to detectors.Time, width int) []run {
	shares := make([][detectors.NumDimensions]pixelShare, width)
	scale := float64(width) / float64(max(to.Sub(from), 1))
	for i, p := range l.Pieces {
		begin, end := max(p.Begin, from), min(p.End, to)
		if begin >= end {
			continue
		}
		x0, x1 := float64(begin.Sub(from))*scale, float64(end.Sub(from))*scale
		for x := int(x0); x < min(int(math.Ceil(x1)), width); x++ {
			part := float32(min(x1, float64(x+1)) - max(x0, float64(x)))
			s := &shares[x][known(p.Dimension)]
			s.time += part
			if part > s.largest {
				s.largest, s.piece = part, int32(i)
			}
		}
	}
	var rs []run
	for x := range shares {
		most := detectors.DimUnknown
		for d := range shares[x] {
			if shares[x][d].time > shares[x][most].time {
				most = detectors.Dimension(d)
			}
		}
		s := shares[x][most]
		if s.time == 0 {
			continue
		}
		if n := len(rs) - 1; n >= 0 && rs[n].to == x && rs[n].dimension == most {
			last := &rs[n]
			switch {
			case last.piece == int(s.piece):
				last.to++
				continue
			case s.largest < 0.999 || x-last.from < 2: // many small ones are one run
				last.to++
				last.pieces++
				continue
			}
		}
		rs = append(rs, run{x, x + 1, most, int(s.piece), 1})
	}
	return rs
}
