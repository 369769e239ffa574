package tracewatchhttp

import (
	"time"

	"github.com/gotracewatch/tracewatch/tracewatch"
)

// Live is the document live.json: what changes from second to second. With ?after=N it has only the strips
// after that number. In all documents durations, and moments of the trace's clock, are nanoseconds; moments
// of the time of day are RFC 3339.
type Live struct {
	Program Program   `json:"program"`
	Now     time.Time `json:"now"` // by the time of day of the program's machine

	// Strips are the newest strips of the heat maps, the oldest first. More says that there are more after
	// the last of them: ask again at once.
	Strips []tracewatch.HeatStrip `json:"strips"`
	More   bool                   `json:"more"`

	// Newest is the number of the newest anomaly, 0 if there is none.
	Newest uint64 `json:"newest_anomaly"`

	// Verdicts say, for each detector, how its rule stood at the end of the last window.
	Verdicts []tracewatch.Verdict `json:"verdicts"`

	Stats  tracewatch.Stats  `json:"stats"`  // what the watcher has done so far
	Health tracewatch.Health `json:"health"` // how it is doing; Recorder is "stopped" when it has ended
}

// Program is what is watched.
type Program struct {
	Name string `json:"name"` // of its file
	PID  int    `json:"pid"`  // of its process: with another one all numbers begin anew
	Go   string `json:"go"`   // the release it was built with
}

// Anomalies is the document anomalies.json: the latest 64, the newest first, without the heat maps of their evidence:
// live.json has those.
type Anomalies struct {
	Anomalies []*tracewatch.Anomaly `json:"anomalies"` // with dump?anomaly=NUMBER there is the trace of one, if it has a dump
}

// Recent is the document report.json: what the trace in memory says. It is made when it is asked for, but not more
// often than it would cost a hundredth of a P: until then it is the one that was made before.
type Recent struct {
	Made  time.Time     `json:"made"`    // when it was ready
	Again time.Time     `json:"again"`   // when it can be made anew
	Took  time.Duration `json:"took_ns"` // the runtime's part included

	// Of is the report, with its places. It has neither anomalies, nor verdicts, nor heat maps, which are in other
	// documents, nor totals.
	Of *tracewatch.Report `json:"report"`
}

// Problem is what a request that cannot be answered gets, with a status of 400 and more.
type Problem struct {
	Error string `json:"error"` // says what, and what to do
}
