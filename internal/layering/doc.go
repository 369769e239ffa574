// Package layering has no code, only a test: it holds which package of this module
// may import which. The table in the test is the design's picture as code.
package layering
