package render

import (
	"image/color"

	"github.com/gotracewatch/tracewatch/detectors"
)

// dimensions has what each dimension looks like, the same on light and on dark. What waits for a P is
// yellow to brown, what the garbage collector took is violet. Two that look alike to somebody who
// does not see red or green have different patterns.
var dimensions = [detectors.NumDimensions]struct {
	colour  uint32
	pattern Pattern
}{
	detectors.DimUnknown:      {0x868e96, Falling},
	detectors.DimRunning:      {0x0f9d74, Solid},
	detectors.DimRunnable:     {0xf0a202, Solid},
	detectors.DimPreempted:    {0xb8860b, Rising},
	detectors.DimAssist:       {0xb07cc6, Upright},
	detectors.DimStopTheWorld: {0x7b2a5e, Crossed},
	detectors.DimNetwork:      {0x2f6fd0, Solid},
	detectors.DimNetworkQueue: {0xf4d06f, Dotted},
	detectors.DimLock:         {0xd1491f, Solid},
	detectors.DimChannel:      {0x6cc4ee, Solid},
	detectors.DimSyscall:      {0x7a5c3e, Level},
	detectors.DimSleep:        {0xc3cad2, Solid},
}

// DimensionColour returns a dimension's colour, such as "#2f6fd0".
func DimensionColour(d detectors.Dimension) string { return hex(dimensionColour(d)) }

// DimensionPattern returns the pattern that is drawn on it.
func DimensionPattern(d detectors.Dimension) Pattern { return dimensions[known(d)].pattern }

func dimensionColour(d detectors.Dimension) color.RGBA { return rgb(dimensions[known(d)].colour) }

// stripeOn returns the colour of a pattern's strokes: darker than a light one, lighter than a dark one, and
// little enough of either that it remains the same colour.
func stripeOn(c color.RGBA) color.RGBA {
	if luminance(c) > 0.179 {
		return mix(c, rgb(0x000000), 0.24)
	}
	return mix(c, rgb(0xffffff), 0.3)
}

func known(d detectors.Dimension) detectors.Dimension {
	if d >= detectors.NumDimensions {
		return detectors.DimUnknown
	}
	return d
}
