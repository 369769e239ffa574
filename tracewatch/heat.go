package tracewatch

import (
	"encoding/base64"
	"math/bits"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/render"
)

// A HeatStrip is what one window adds to the two heat maps of scheduling delay: P by time, and delay
// by time. The strips of a run, laid side by side, are the whole maps; where two of them have
// the same column, both have a part of it.
type HeatStrip struct {
	// Number counts the windows of a run from 1.
	Number uint64 `json:"number"`

	// Start and End are the window's, by the trace's clock; At is Start by the time of day, left out
	// where the trace does not tell that.
	Start detectors.Time `json:"start_ns"`
	End   detectors.Time `json:"end_ns"`
	At    *time.Time     `json:"at,omitempty"`

	// Fresh says that nothing is known of the time right before: the first window, or one after a gap.
	Fresh bool `json:"fresh,omitempty"`

	Procs  int    `json:"procs"`  // GOMAXPROCS
	Events uint64 `json:"events"` // of the trace

	// Starts is how many goroutines of the service got a P after a wait, a system call or their
	// creation, and P50, P99 and Max how long they had been ready by then.
	Starts uint64        `json:"starts"`
	P50    time.Duration `json:"p50_ns"`
	P99    time.Duration `json:"p99_ns"`
	Max    time.Duration `json:"max_ns"`

	// Watched is how long the watch's goroutines ran, on all Ps together.
	Watched time.Duration `json:"watched_ns"`

	// Cells has, for each P and each [detectors.HeatBucket], the longest wait that ended there, in
	// units of [HeatUnit]. The first bucket begins at From, a multiple of it. A P that has none is
	// shorter.
	From  detectors.Time `json:"from_ns"`
	Cells []Levels       `json:"cells"`

	// Waits has, for each [detectors.WaitColumn] and each row ([detectors.WaitRow]), how many starts
	// there were. The first column begins at WaitsFrom, a multiple of it.
	WaitsFrom detectors.Time `json:"waits_from_ns"`
	Waits     []Levels       `json:"waits"`
}

// HeatUnit is the unit of the [Levels] of waits.
const HeatUnit = render.HeatUnit

// Levels are numbers that are known to an eighth, a byte each: 0 is none, and level n of 1 and more is of
// numbers from 2^o (1+s/8) up to, but not including, 2^o (1+(s+1)/8) units, with o = (n-1)/8 and s = (n-1)%8.
// Level 1 has all that is less, too, and 255 all that is more. In JSON they are a base64 string.
type Levels []byte

// MarshalText implements [encoding.TextMarshaler].
func (l Levels) MarshalText() ([]byte, error) {
	return base64.StdEncoding.AppendEncode(nil, l), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler].
func (l *Levels) UnmarshalText(text []byte) (err error) {
	*l, err = base64.StdEncoding.AppendDecode(nil, text)
	return err
}

// level returns the level of a number of units.
func level(n uint64) byte {
	if n == 0 {
		return 1
	}
	o := bits.Len64(n) - 1
	s := 0
	if o >= 3 {
		s = int(n>>(o-3)) - 8
	} else {
		s = int(n<<(3-o)) - 8
	}
	return byte(min(1+8*o+s, 255))
}

// LevelStart returns the least number of units that have a level, 0 for level 0.
func LevelStart(level byte) float64 { return render.LevelStart(level) }
