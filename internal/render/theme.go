package render

import "image/color"

// A theme is the colours of what is no data.
type theme struct {
	dark    bool
	page    color.RGBA
	ink     color.RGBA // titles
	muted   color.RGBA // notes and axes
	tick    color.RGBA
	nothing color.RGBA // where a heat map has nothing to show
	gap     color.RGBA // what was not analysed: hatched, of these two
	stripe  color.RGBA
}

func themeOf(dark bool) *theme {
	if dark {
		return &theme{
			dark: true,
			page: rgb(0x0d1117), ink: rgb(0xe6edf3), muted: rgb(0x9da7b3), tick: rgb(0x59636e),
			nothing: rgb(0x161b22), gap: rgb(0x2a313b), stripe: rgb(0x4d5763),
		}
	}
	return &theme{
		page: rgb(0xffffff), ink: rgb(0x1f2328), muted: rgb(0x59636e), tick: rgb(0x9aa4af),
		nothing: rgb(0xf1f4f7), gap: rgb(0xdde2e8), stripe: rgb(0xa9b3bf),
	}
}
