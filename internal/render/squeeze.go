package render

// A grid is a matrix of levels, no larger than the box that it is drawn into.
type grid struct {
	w, h  int
	level []byte // by row, the first on top
	gap   []bool // by column: some of its time was not analysed
}

// squeeze makes a matrix fit. A cell is the highest level of all that fall together there: what is
// looked for is the one bad moment, and no number of good ones next to it may hide it. Each
// row and column of the matrix is in exactly one of the grid.
func squeeze(rows []Row, columns int, up bool, gaps []Gap, b box) *grid {
	g := &grid{w: max(min(columns, b.w), 1), h: max(min(len(rows), b.h), 1)}
	g.level = make([]byte, g.w*g.h)
	g.gap = make([]bool, g.w)
	for i := range rows {
		y := i * g.h / len(rows)
		if up {
			y = (len(rows) - 1 - i) * g.h / len(rows)
		}
		squeezeRow(g.level[y*g.w:(y+1)*g.w], rows[i].Levels, columns)
	}
	for _, gap := range gaps {
		from, to := max(gap.From, 0), min(gap.To, columns)
		for x := from * g.w / max(columns, 1); from < to && x <= (to-1)*g.w/columns; x++ {
			g.gap[x] = true
		}
	}
	return g
}

// squeezeRow puts what is higher into into, of a row of so many columns, of which the last may be missing.
func squeezeRow(into, levels []byte, columns int) {
	levels = levels[:min(len(levels), columns)]
	for x := range into {
		// The first column that falls into the next pixel: the least i of which i*w/columns > x.
		to := min(((x+1)*columns+len(into)-1)/len(into), len(levels))
		from := min((x*columns+len(into)-1)/len(into), to)
		for _, l := range levels[from:to] {
			into[x] = max(into[x], l)
		}
	}
}

// runs calls f with each run of columns that have a gap.
func (g *grid) runs(f func(from, to int)) {
	for x := 0; x < g.w; x++ {
		from := x
		for x < g.w && g.gap[x] {
			x++
		}
		if x > from {
			f(from, x)
		}
	}
}
