package render

import "github.com/gotracewatch/tracewatch/detectors"

// A legend says what the dimensions' colours mean, of those that are shown.
type legend struct {
	entries []legendEntry
	rows    int
}

type legendEntry struct {
	dimension detectors.Dimension
	x, row    int
}

// legendOrder begins with what is best and ends with what is not known, those that are of a kind together.
var legendOrder = [...]detectors.Dimension{
	detectors.DimRunning, detectors.DimRunnable, detectors.DimPreempted, detectors.DimNetwork, detectors.DimNetworkQueue,
	detectors.DimLock, detectors.DimChannel, detectors.DimSyscall, detectors.DimSleep, detectors.DimAssist, detectors.DimStopTheWorld,
	detectors.DimUnknown,
}

// newLegend places the entries on as many rows as they need.
func newLegend(c canvas, l *Lines, from, to detectors.Time, axis timeAxis) legend {
	var all detectors.Parts
	for i := range l.Lines {
		for d, x := range l.Lines[i].parts(from, to) {
			if x > 0 {
				all[d] = 1
			}
		}
	}
	g := legend{rows: 1}
	end := axis.x + axis.w
	x := margin
	for _, d := range legendOrder {
		if all[d] == 0 {
			continue
		}
		w := swatch + 6 + c.width(small, d.String())
		if x > margin && x+w > end {
			x = margin
			g.rows++
		}
		g.entries = append(g.entries, legendEntry{d, x, g.rows - 1})
		x += w + 16
	}
	return g
}

func (g *legend) draw(c canvas, t *theme, y int) {
	for _, e := range g.entries {
		colour := dimensionColour(e.dimension)
		baseline := y + e.row*lineHeight + 13
		c.patterned(box{e.x, baseline - swatch + 1, swatch, swatch}, DimensionPattern(e.dimension), colour, stripeOn(colour), "")
		c.write(e.x+swatch+6, baseline, left, small, t.muted, e.dimension.String())
	}
}
