package render

import (
	"image/color"
	"math"
)

// anchors are the scale of heat, from nothing much to the worst: seventeen colours of equal steps of
// lightness (in Oklab from 0.25 to 0.955), through violet, red and orange to yellow. What carries the value is lightness, so that
// it is read in the same order by who does not see red or green, and in print without colour; hue
// only adds to it.
var anchors = [...]uint32{
	0x211252, 0x331465, 0x481676, 0x5e1983, 0x741e8b, 0x931d87, 0xb11c7b, 0xcd1f68, 0xe6294c,
	0xf54635, 0xff6214, 0xfe8217, 0xff9c29, 0xfeb542, 0xffcb57, 0xffe167, 0xfcf680,
}

// lightStart is where the scale begins on a light background: its last sixteenth is too near to white.
const lightStart = 15.0 / 16

// heat returns the colour of a level of heat from 0 to 1; what is outside counts as the nearer end. The hottest is what
// differs most from the background, the brightest on a dark one, the darkest on a light one.
func heat(level float64, dark bool) color.RGBA {
	if !(level > 0) { // NaN too
		level = 0
	}
	level = min(level, 1)
	if !dark {
		level = lightStart * (1 - level)
	}
	at := level * float64(len(anchors)-1)
	i := min(int(at), len(anchors)-2)
	return mix(rgb(anchors[i]), rgb(anchors[i+1]), at-float64(i))
}

func rgb(x uint32) color.RGBA {
	return color.RGBA{R: uint8(x >> 16), G: uint8(x >> 8), B: uint8(x), A: 255}
}

// mix goes from a to b, by a share from 0 to 1.
func mix(a, b color.RGBA, share float64) color.RGBA {
	part := func(a, b uint8) uint8 {
		return uint8(math.Round(float64(a) + share*(float64(b)-float64(a))))
	}
	return color.RGBA{R: part(a.R, b.R), G: part(a.G, b.G), B: part(a.B, b.B), A: 255}
}

func hex(c color.RGBA) string {
	const digits = "0123456789abcdef"
	s := []byte("#......")
	for i, x := range [...]uint8{c.R, c.G, c.B} {
		s[1+2*i], s[2+2*i] = digits[x>>4], digits[x&15]
	}
	return string(s)
}
