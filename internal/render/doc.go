// Package render draws what a trace shows by time: heat maps. Each picture
// is laid out once, for a canvas, of which there are two: PNG, which every page and chat shows, and SVG,
// whose text can be read aloud, searched and made larger.
//
// What is drawn comes from traces, and traces from anybody: names may be of any length and have any bytes, maps may have
// more columns than pixels, or none. Sizes are bounded by internal/limits; a picture has no script and refers to nothing
// outside itself, except that the matrix of a heat map in an SVG is a data: URL (a page's
// Content-Security-Policy has to allow img-src data: if the SVG stands in its HTML).
package render
