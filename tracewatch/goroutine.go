package tracewatch

import "github.com/gotracewatch/tracewatch/detectors"

// A GoroutineLine is what one goroutine did, in the order of time.
type GoroutineLine struct {
	Goroutine detectors.GoID `json:"goroutine"` // its number

	// Start is the function that it began in, Parent who created it and CreatedAt where: zero if not known.
	Start     string         `json:"start,omitempty"`
	Parent    detectors.GoID `json:"parent"`
	CreatedAt detectors.Site `json:"created_at,omitzero"`

	// Born says that its creation is the beginning of Line, and Ended that its end is the end of it.
	Born  bool `json:"born,omitempty"`
	Ended bool `json:"ended,omitempty"`

	// Parts is the time of Line by what it went to.
	Parts detectors.Parts `json:"parts_ns"`

	// Line is what it did, without a gap but where the trace has one: at most 8,192 pieces, and Left says how
	// many more there were, which are in Parts.
	Line []GoroutinePiece `json:"line"`
	Left int              `json:"left,omitempty"`
}

// A GoroutinePiece is a time in which a goroutine did one thing.
type GoroutinePiece struct {
	Begin     detectors.Time      `json:"begin_ns"` // by the trace's clock
	End       detectors.Time      `json:"end_ns"`   // when the next begins
	Dimension detectors.Dimension `json:"dimension"`

	// What is the runtime's reason of a wait, e.g. "chan receive"; "" else.
	What string         `json:"what,omitempty"`
	Site detectors.Site `json:"site,omitzero"` // where it waited, or where a run ended

	// Proc is the P that it ran on, NoProc if it did not run.
	Proc detectors.ProcID `json:"proc"`

	// By is the goroutine that ended a wait, and BySite where: NoGoroutine if it was the network
	// poller, a timer or nobody.
	By     detectors.GoID `json:"ended_by"`
	BySite detectors.Site `json:"ended_at,omitzero"`

	// Open says that it began before the trace did, or had not ended when the trace does.
	Open bool `json:"open,omitempty"`
}
