package detectortest

// Bounds of a text, so that a slip of the pen (a step of a nanosecond, a nest of
// repetitions) is told instead of filling the memory.
const (
	maxText     = 1 << 20 // bytes; it is written by hand
	maxDepth    = 20      // of blocks in blocks, and of parentheses
	maxNames    = 100     // that have values at once: a block's are copied each time
	maxStacks   = 1 << 14 // different ones, of up to maxFrames each
	maxFrames   = 128     // the runtime's own limit of a stack
	maxString   = 1 << 10 // the runtime's own limit
	maxExpected = 1 << 12 // expectations
	maxProcs    = 1 << 10
	maxWindows  = 1 << 12 // an hour of seconds

	// maxGoroutines bounds the goroutines, and maxListed the same times the windows: each
	// is listed in every window, which takes about ten bytes.
	maxGoroutines = 1 << 16
	maxListed     = 1 << 22

	// maxSteps bounds what happens, and how often blocks are gone through; maxRead the bytes
	// that are read for it, again in each repetition. Half a million steps are read and
	// played in a second or two.
	maxSteps = 1 << 19
	maxRead  = 1 << 25
)
