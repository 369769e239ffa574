package detectors

import (
	"encoding/json"
	"time"
)

// An Explanation says why a goroutine was late: what it did in some time, who ended its waits and
// what those did meanwhile, and who had the Ps while it was ready. It is made from the same bytes as
// the finding that it explains, and does not change.
type Explanation struct {
	// Missing says why there is none. Nothing else is set then.
	Missing string

	// Goroutine is what it is about, From and To the time.
	Goroutine GoID
	From, To  Time

	// Chain is what the goroutine did then, with what was behind it, the longest first. The
	// totals add up to the time from From to To.
	Chain []*Link

	// Alike is how many goroutines waited at some time of it at the place and for the reason of
	// Chain's first link, and Longest how long one of them did. 0 if that is no wait.
	Alike   int
	Longest time.Duration

	// Instead is who ran while the goroutine waited for a P; nil if it hardly did.
	Instead *Instead

	// Delayed is who waited for a P meanwhile, nil if the goroutine did not run, or nobody was.
	Delayed *Delayed
}

// A Link is something that goroutines did while somebody waited for them, with what was behind it. What
// is behind a wait takes, together, exactly as long as the wait.
type Link struct {
	// Dimension is what it was. It is DimLock and DimChannel also of waits that are explained further.
	Dimension Dimension `json:"dimension"`

	// What says more: "mutex", "rwmutex", "semaphore", "right to stop the world", "WaitGroup", "Cond",
	// "chan receive", "chan send", "select", [Forever], "tcp read" and the like; of a wait in a GC mark
	// assist its reason; of what a timer ended "chan receive", "select" or "timer", for the one that started
	// the goroutine; [Own] of a stop of the world by the goroutine itself.
	What string `json:"what,omitempty"`

	// Site is where: where it waited, ran, or had stopped; zero if not known.
	Site Site `json:"site,omitzero"`

	Total time.Duration `json:"total_ns"` // how long, all of it together
	Count int           `json:"count"`    // how many times

	// Goroutines are whose doing it was, at most eight, those first that did it last.
	// NumGoroutines is how many there are.
	Goroutines    []GoID `json:"goroutines"`
	NumGoroutines int    `json:"num_goroutines"`

	// Enders are those who ended the wait: at most eight, the last first. Of a mutex they are those who had
	// it, one after the other; NumEnders is how many times it changed hands.
	Enders    []Ender `json:"ended_by,omitempty"`
	NumEnders int     `json:"num_ended_by,omitempty"`

	// Open says that the wait has not ended where the trace does, so that it is not known who would have
	// ended it. What is behind it, if anything, is what is likely: what those do who had
	// the mutex last, or who ended such a wait last.
	Open bool `json:"open,omitempty"`

	// Cycle says that it waits for somebody who waits for it: as far as is seen, as with Open.
	Cycle bool `json:"cycle,omitempty"`

	Behind []*Link `json:"behind,omitempty"` // the longest first
}

// An Ender is a goroutine that ended a wait, and where it did.
type Ender struct {
	Goroutine GoID `json:"goroutine"` // NoGoroutine: not known
	Site      Site `json:"site,omitzero"`
}

// Instead says what the Ps were used for during a time in which somebody waited for one.
type Instead struct {
	From Time `json:"from_ns"` // when the time begins
	To   Time `json:"to_ns"`   // when it ends

	// Ready is how long it waited for one between those two, perhaps in several pieces. All that
	// follows is of that time.
	Ready time.Duration `json:"ready_ns"`

	Procs int        `json:"procs"` // GOMAXPROCS
	Ran   []Occupant `json:"ran"`   // at most sixteen, the longest first

	// Idle is for how long Ps were idle, of all together: somebody could have run that waited.
	Idle time.Duration `json:"idle_ns"`

	// Other is what is left of the Ps' time: the scheduler's own work, system calls that kept
	// their P, and what is not among Ran.
	Other time.Duration `json:"other_ns"`
}

// Occupant is code that ran on the Ps.
type Occupant struct {
	Class      Class         `json:"class"`
	Site       Site          `json:"site,omitzero"` // of the runtime's and the watch's: the function their goroutines began in
	Total      time.Duration `json:"total_ns"`      // on all Ps together
	Goroutines int           `json:"goroutines"`    // how many of them ran it
	LongestBy  GoID          `json:"longest_by"`    // the goroutine that ran longest
}

// Delayed says who waited for a P in some time.
type Delayed struct {
	Goroutines int            `json:"goroutines"` // how many waited
	Total      time.Duration  `json:"total_ns"`   // in that time, of all together
	Max        time.Duration  `json:"max_ns"`     // the longest wait
	Sites      []SiteEvidence `json:"sites"`      // where they had stopped before, the three with the longest waits
}

// MarshalJSON writes the explanation as one object, with its sentence and its tree.
func (x Explanation) MarshalJSON() ([]byte, error) {
	if x.Missing != "" {
		return json.Marshal(map[string]string{"missing": x.Missing})
	}
	return json.Marshal(struct {
		Sentence  string        `json:"sentence"`
		Tree      []string      `json:"tree"`
		Chained   int           `json:"chain_lines"` // how many of them, from the first, are the chain
		Goroutine GoID          `json:"goroutine"`
		From      Time          `json:"from_ns"`
		To        Time          `json:"to_ns"`
		Chain     []*Link       `json:"chain"`
		Alike     int           `json:"alike,omitempty"`
		Longest   time.Duration `json:"longest_ns,omitempty"`
		Instead   *Instead      `json:"instead,omitempty"`
		Delayed   *Delayed      `json:"delayed,omitempty"`
	}{x.Sentence(), x.lines(), len(x.chainLines()), x.Goroutine, x.From, x.To, x.Chain, x.Alike, x.Longest, x.Instead, x.Delayed})
}
