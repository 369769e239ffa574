package sick

import (
	"context"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
	"github.com/gotracewatch/tracewatch/internal/scenario/shop"
)

// shopProgram is the service with one fault to come.
type shopProgram struct {
	*shop.Service
	fault shop.Fault
}

// Break implements [scenario.Program].
func (p shopProgram) Break(strength scenario.Strength) error {
	return p.Service.Break(p.fault, strength)
}

// fromShop describes the service with a fault.
func fromShop(name, kind string, fault shop.Fault, follows map[string]string) scenario.Scenario {
	return scenario.Scenario{
		Name:    name,
		Doc:     fault.Doc(),
		Kind:    kind,
		Sites:   []string{fault.Site()},
		Follows: follows,
		Start: func(ctx context.Context) (scenario.Program, error) {
			s, err := shop.Start(ctx, shop.None)
			if err != nil {
				return nil, err
			}
			return shopProgram{s, fault}, nil
		},
	}
}

// leakSettle is over how long growth has to go on before it is called a leak.
const leakSettle = 6 * time.Second

func shopBursts() scenario.Scenario {
	return fromShop("shop-hash-bursts", "sched-delay", shop.Sched, map[string]string{
		"netpoll-block": "the load's clients are in this process, and their answers come late",
	})
}

func shopChecksum() scenario.Scenario {
	return fromShop("shop-checksum-of-snapshot", "preempt-failure", shop.Preempt, map[string]string{
		"stop-the-world": stopWaitsForRun,
		"sched-delay":    behindOneP,
		"netpoll-block":  "the load's clients are in this process, and their answers come late",
	})
}

func shopLeak() scenario.Scenario {
	s := fromShop("shop-report-nobody-takes", "goroutine-leak", shop.Leak, nil)
	s.Sites = append(s.Sites, shop.Leak.Site()+".func1")
	s.Settle = leakSettle
	return s
}

func shopImport() scenario.Scenario {
	s := fromShop("shop-import-on-big-heap", "gc-assist", shop.GCAssist, map[string]string{
		"sched-delay":   "the imports and the collector use all Ps while an import lasts",
		"preempt-rate":  "the imports compute for as long as they may while others wait",
		"netpoll-block": "the load's clients are in this process, and their answers come late",
	})
	s.Settle = 3 * time.Second // two imports, which are pulses, one in a second and a half
	return s
}

func shopSlowStore() scenario.Scenario {
	return fromShop("shop-slow-store", "netpoll-block", shop.Netpoll, nil)
}

// These are said of more than one program.
const (
	stopWaitsForRun = "a collection that begins meanwhile waits for the run to end before the world has stopped"
	behindOneP      = "on a machine with few Ps what is ready waits until the run ends"
	queueForPs      = "what is ready waits in a queue behind the work that uses all Ps"
)
