package detectors

import "time"

// Severity says how much a finding matters.
type Severity uint8

const (
	// Info is worth knowing; nobody is hurt.
	Info Severity = iota
	// Warning says that somebody was delayed.
	Warning
	// Critical says that the service fails its users, or will if this goes on.
	Critical
)

// String returns the severity's name.
func (s Severity) String() string {
	switch s {
	case Info:
		return "info"
	case Critical:
		return "critical"
	default:
		return "warning"
	}
}

// MarshalText implements [encoding.TextMarshaler].
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A Finding is what a detector reports of a window.
type Finding struct {
	// Kind is the detector's, or a close relative's (a detector may know more
	// than one strength of what it finds). Empty means the detector's.
	Kind string

	Severity Severity

	// Start and End bound what the finding rests on. Start may lie windows
	// before the one that was judged.
	Start, End Time

	// Score says how bad it is, 1 being just bad enough to report. While a kind is
	// kept quiet after a report, only a clearly higher score speaks again.
	Score float64

	// Site is the code at fault, or the closest to it that the trace shows.
	Site SiteID

	// Summary is one line with the numbers, Why what it does to the service,
	// Advice what to do: for someone who has just been woken up.
	Summary, Why, Advice string

	// Evidence is what the summary was made from.
	Evidence Evidence
}

// Evidence holds the numbers and names behind a finding. It is written into the
// dump's description as JSON.
type Evidence struct {
	// Measures are the values judged, each with what it was judged against.
	Measures []Measure `json:"measures,omitempty"`

	// Sites are the places concerned, the most important first.
	Sites []SiteEvidence `json:"sites,omitempty"`

	// Goroutines are examples, the worst first.
	Goroutines []GoroutineEvidence `json:"goroutines,omitempty"`

	// HeatMap is the scheduling delays of the window, where they are the point.
	HeatMap *HeatMap `json:"heat_map,omitempty"`
}

// A Measure is one judged value.
type Measure struct {
	Name      string  `json:"name"`                // what was measured
	Value     float64 `json:"value"`               // in Unit
	Unit      string  `json:"unit"`                // UCUM, as in OpenTelemetry: "s", "1", "By/s"
	Threshold float64 `json:"threshold,omitempty"` // 0: only told, not judged
	Baseline  float64 `json:"baseline,omitempty"`  // what was usual before; 0: not known
}

// SiteEvidence is a place in the code and what happened there.
type SiteEvidence struct {
	Site  SiteID        `json:"-"`
	Name  string        `json:"site"`            // filled in by the engine
	Count int           `json:"count"`           // how often it happened there
	Total time.Duration `json:"total_ns"`        // for how long, together
	Max   time.Duration `json:"max_ns"`          // the longest
	Bytes uint64        `json:"bytes,omitempty"` // how much was allocated there; 0: it is not about that
	What  string        `json:"what"`            // e.g. "ran while others waited"
}

// GoroutineEvidence is one goroutine and what happened to it.
type GoroutineEvidence struct {
	ID       GoID          `json:"goroutine"`   // its number
	Proc     ProcID        `json:"proc"`        // the P that it was on, NoProc if none
	At       Time          `json:"at_ns"`       // when it began
	Duration time.Duration `json:"duration_ns"` // how long that lasted
	Stack    StackID       `json:"-"`
	Frames   []Frame       `json:"stack,omitempty"` // filled in by the engine
	What     string        `json:"what"`            // what happened to it, for people
}
