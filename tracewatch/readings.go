package tracewatch

import (
	"context"
	"runtime/trace"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/host"
	"github.com/gotracewatch/tracewatch/internal/reading"
)

// A logbook writes what the watch knows and the runtime does not record into the trace
// itself: what the machine did, and what of the trace was lost. So a dump has it too, and
// whoever reads one later judges from the same facts as the watch did. It is used by one
// goroutine.
type logbook struct {
	host *host.Host
	line []byte
	lost []lossesAt // the oldest first: the last one older than lossMemory, and all since
}

// lossesAt is how many generations had been lost by then.
type lossesAt struct {
	at  time.Time
	sum uint64
}

// lossMemory is how long a loss counts as recent: see [detectors.Reading].
const lossMemory = time.Minute

func newLogbook(root string) *logbook { return &logbook{host: host.New(root)} }

// write logs one reading. Each poll does, just before it collects: the reading is then at
// the end of the generation that it is about.
func (l *logbook) write(lost [detectors.NumFaults]uint64) {
	if !trace.IsEnabled() {
		return
	}
	r := l.host.Read()
	r.Lost, r.LostBefore = lost, l.before(lost, time.Now())
	l.line = reading.Append(l.line[:0], &r)
	trace.Log(context.Background(), reading.Category, string(l.line))
}

// before returns how many were lost longer ago than lossMemory.
func (l *logbook) before(lost [detectors.NumFaults]uint64, now time.Time) uint64 {
	var sum uint64
	for _, n := range lost {
		sum += n
	}
	if n := len(l.lost); n == 0 || l.lost[n-1].sum != sum {
		l.lost = append(l.lost, lossesAt{now, sum})
	}
	for len(l.lost) > 1 && now.Sub(l.lost[1].at) > lossMemory {
		l.lost = l.lost[1:]
	}
	if now.Sub(l.lost[0].at) > lossMemory {
		return l.lost[0].sum
	}
	return 0
}
