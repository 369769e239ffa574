package healthy

import (
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

func allocatingService() scenario.Scenario {
	return scenario.Scenario{
		Name:  "allocating-service",
		Doc:   "A service makes three hundred megabytes of garbage a second on a heap of forty, and the collector keeps up.",
		Start: built(buildAllocatingService),
	}
}

// Eight workers of a hundred answers of 390 kB a second.
const (
	answerWorkers = 8
	answerPeriod  = 10 * time.Millisecond
	answerPages   = 40
	pageBytes     = 8 << 10
	answerLists   = 1
	keptLists     = 500 // 32 MB
	listRows      = 1000
)

// row is a small object with pointers, as most are.
type row struct {
	next  *row
	value *[6]uint64
}

// answer is what a worker makes of a question, and forgets.
type answer struct {
	pages [][]byte
	rows  []*row
}

func buildAllocatingService(p *program) error {
	kept := newLists(keptLists)
	for i := range answerWorkers {
		p.running.Go(func() {
			if pause(p.ctx, answerPeriod*time.Duration(i)/answerWorkers) {
				var last *answer
				scenario.Every(p.ctx, answerPeriod, func() {
					last = newAnswer(last)
					last.rows[0].value = kept[i].value
				})
			}
		})
	}
	return nil
}

// newAnswer allocates an answer, and looks at the one before.
func newAnswer(last *answer) *answer {
	a := &answer{rows: newLists(answerLists)}
	for i := range answerPages {
		page := make([]byte, pageBytes)
		if last != nil {
			copy(page, last.pages[i][1:])
		}
		a.pages = append(a.pages, page)
	}
	return a
}

// newLists allocates lists of rows: several, because one could not be marked in parallel.
func newLists(n int) []*row {
	lists := make([]*row, n)
	for i := range lists {
		for range listRows {
			lists[i] = &row{next: lists[i], value: new([6]uint64)}
		}
	}
	return lists
}
