package detectors

import (
	"encoding/json"
	"time"
)

// A Request is what became of the time of all requests of one name: of the tasks, each of which an
// OpenTelemetry span may have made, or of the regions. The time of each is divided along its
// critical path: where a request waits for another goroutine, by a channel or a WaitGroup, what
// counts is what that one did meanwhile.
type Request struct {
	Name   string `json:"name"`             // the task's, or the region's
	Region bool   `json:"region,omitempty"` // it is a region, and no task

	Count   uint64        `json:"count"`      // of the requests that ended
	Total   time.Duration `json:"total_ns"`   // of all of them together
	Longest time.Duration `json:"longest_ns"` // of one
	Parts   Parts         `json:"parts_ns"`   // of the total, which is their sum

	P50 Quantile `json:"p50"` // the median
	P99 Quantile `json:"p99"` // what a hundredth took longer than

	// Queued is how long the requests had been there before their task began.
	Queued Queued `json:"queued"`

	Slowest []SlowRequest   `json:"slowest"` // at most three, the slowest first
	GC      GCAmplification `json:"gc"`      // what the garbage collector did to them
}

// Queued is how long requests had been there before their task began, which is no part of the
// tasks: since a server's connection had something to read, or since the goroutine was created that
// began the task. It is known of tasks without a parent that began like that: those of a server of
// HTTP/1 on the connection's goroutine, those of HTTP/2 on their own.
type Queued struct {
	Count uint64   `json:"count"` // of how many it is known
	P50   Quantile `json:"p50"`   // the median
	P99   Quantile `json:"p99"`   // what a hundredth waited longer than
}

// A Quantile is a duration that a share of all do not pass, and what requests of about that length were
// made of: for P50 those from P47.5 to P52.5, for P99 those from P98.5 to P99.5.
type Quantile struct {
	Value time.Duration `json:"value_ns"` // at most a thirty-second off
	Parts Parts         `json:"parts_ns"` // their sum is the value
	Sites []SitePart    `json:"sites"`    // the largest first; together no more than the parts
}

// SitePart is what of a duration went to one dimension at one place: of what was done for a request
// by a goroutine in nobody's code, such as an HTTP client's, the place is where the request waited
// for it.
type SitePart struct {
	Dimension Dimension     `json:"dimension"`
	Site      Site          `json:"site,omitzero"` // zero: the trace does not tell where
	Part      time.Duration `json:"part_ns"`       // how much of the duration
}

// A SlowRequest is one of the slowest requests of a name.
type SlowRequest struct {
	Goroutine GoID  `json:"goroutine"` // that began it
	Begin     Time  `json:"begin_ns"`  // by the trace's clock
	End       Time  `json:"end_ns"`    // by the trace's clock
	Parts     Parts `json:"parts_ns"`  // their sum is how long it took

	// Chain is what it did, with what was behind its waits, the longest first.
	Chain []*Link `json:"chain"`

	// Line is the same in the order of time, without a gap: at most 512 pieces, of which
	// the last is unknown if there were more.
	Line []Piece `json:"line"`
}

// A Piece is a time in which one goroutine did one thing for a request.
type Piece struct {
	Begin     Time      `json:"begin_ns"` // by the trace's clock
	End       Time      `json:"end_ns"`   // when the next begins
	Dimension Dimension `json:"dimension"`
	Goroutine GoID      `json:"goroutine"` // that did it
	Site      Site      `json:"site,omitzero"`
}

// GCAmplification sets the requests that met a mark phase of the GC, from its first stop of the world to
// its last, against those that did not. A longer request is more likely to meet one: what the
// GC itself took of the time is in the parts, as gc_assist and stop_the_world, and what it
// made them wait for a P as runnable, preempted and network_queue.
type GCAmplification struct {
	Met    uint64   `json:"met"`    // how many met a mark phase
	Spared uint64   `json:"spared"` // how many did not
	P50    GCEffect `json:"p50"`    // the median of both
	P99    GCEffect `json:"p99"`    // the P99 of both

	// Loads are those that met one, by how many requests were in flight when it began, the fewest
	// first.
	Loads []GCLoad `json:"loads"`
}

// GCEffect is a quantile of both.
type GCEffect struct {
	Met    Quantile // of those that met a mark phase
	Spared Quantile // of those that did not
}

// Factor is how many times as long the requests took that met a mark phase, 0 if one of both is
// not known.
func (e *GCEffect) Factor() float64 {
	if e.Spared.Value <= 0 {
		return 0
	}
	return float64(e.Met.Value) / float64(e.Spared.Value)
}

// Own is what the GC itself took of the requests that met a mark phase: their assists, and the
// stops of the world.
func (e *GCEffect) Own() time.Duration {
	return e.Met.Parts[DimAssist] + e.Met.Parts[DimStopTheWorld]
}

// Queueing is how much longer they waited for a P, and for locks, than those that were spared. It may be
// negative.
func (e *GCEffect) Queueing() (d time.Duration) {
	for _, dim := range [...]Dimension{DimRunnable, DimPreempted, DimNetworkQueue, DimLock} {
		d += e.Met.Parts[dim] - e.Spared.Parts[dim]
	}
	return d
}

// MarshalJSON writes the effect with what follows from it.
func (e GCEffect) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Met      Quantile      `json:"met"`
		Spared   Quantile      `json:"spared"`
		Factor   float64       `json:"factor"`
		Own      time.Duration `json:"own_ns"`
		Queueing time.Duration `json:"queueing_ns"`
	}{e.Met, e.Spared, e.Factor(), e.Own(), e.Queueing()})
}

// GCLoad is the requests that met a mark phase which began with so many requests in flight.
type GCLoad struct {
	From  int           `json:"in_flight_from"` // at least so many
	To    int           `json:"in_flight_to"`   // at most so many
	Count uint64        `json:"count"`          // of the requests
	P50   time.Duration `json:"p50_ns"`         // how long they took
	P99   time.Duration `json:"p99_ns"`         // the same of the slowest
	Parts Parts         `json:"parts_ns"`       // of all of them
}
