package render

import (
	"math"
	"strings"
)

// A dot is a point of a letter or, after scaling, of the picture.
type dot struct{ x, y float64 }

// letter returns the strokes of a character, whose corners are round where they should be, and how wide it is.
func letter(r rune) (strokes [][]dot, width float64) {
	if r == ' ' || r == '\u00a0' {
		return nil, 2.5
	}
	text, ok := letters[r]
	if !ok {
		text = noLetter
	}
	for s := range strings.SplitSeq(text, "|") {
		points, soft := parseStroke(s)
		for _, p := range points {
			width = max(width, p.x)
		}
		strokes = append(strokes, rounded(points, soft))
	}
	return strokes, width
}

// parseStroke reads the points of one stroke, and which of them are round corners.
func parseStroke(s string) (points []dot, soft []bool) {
	for p := range strings.FieldsSeq(s) {
		p, round := strings.CutSuffix(p, "~")
		var xy [2]float64
		n := 0
		for _, c := range p {
			switch {
			case c == '.':
				xy[n-1] += 0.5
				continue
			case c >= 'a':
				xy[n] = float64(c-'a') + 10
			default:
				xy[n] = float64(c - '0')
			}
			n++
		}
		points, soft = append(points, dot{xy[0], xy[1]}), append(soft, round)
	}
	return points, soft
}

// cornerRadius is that of letters' round corners, where there is room for it.
const cornerRadius = 3

// rounded replaces the soft corners of a stroke by curves, given as short lines.
func rounded(points []dot, soft []bool) []dot {
	line := make([]dot, 0, len(points))
	for i, p := range points {
		if !soft[i] || i == 0 || i == len(points)-1 {
			line = append(line, p)
			continue
		}
		from := towards(p, points[i-1], soft[i-1])
		to := towards(p, points[i+1], soft[i+1])
		const steps = 6
		for k := 0; k <= steps; k++ { // a rational quadratic Bézier curve
			t := float64(k) / steps
			u := 1 - t
			const w = 0.9 // the weight of the corner: with 1 it is a parabola, with √½ an arc of an ellipse
			d := u*u + 2*t*u*w + t*t
			line = append(line, dot{
				(u*u*from.x + 2*t*u*w*p.x + t*t*to.x) / d,
				(u*u*from.y + 2*t*u*w*p.y + t*t*to.y) / d,
			})
		}
	}
	return line
}

// towards goes from a corner towards a neighbour: the radius, but only half of the way if that is round, too.
func towards(p, q dot, soft bool) dot {
	length := math.Hypot(q.x-p.x, q.y-p.y)
	if length == 0 {
		return p
	}
	room := length
	if soft {
		room /= 2
	}
	share := min(cornerRadius, room) / length
	return dot{p.x + share*(q.x-p.x), p.y + share*(q.y-p.y)}
}

// distance is how far a point is from a line of points.
func distance(p dot, line []dot) float64 {
	if len(line) == 1 {
		return math.Hypot(p.x-line[0].x, p.y-line[0].y)
	}
	nearest := math.Inf(1)
	for i := 1; i < len(line); i++ {
		a, b := line[i-1], line[i]
		dx, dy := b.x-a.x, b.y-a.y
		t := 0.0
		if l := dx*dx + dy*dy; l > 0 {
			t = max(0, min(1, ((p.x-a.x)*dx+(p.y-a.y)*dy)/l))
		}
		x, y := p.x-(a.x+t*dx), p.y-(a.y+t*dy)
		nearest = min(nearest, x*x+y*y)
	}
	return math.Sqrt(nearest)
}
