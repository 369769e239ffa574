package detectors

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const ms = time.Millisecond

func linked(d Dimension, what, site string, total time.Duration, gs ...GoID) *Link {
	return &Link{Dimension: d, What: what, Site: Site{Func: site}, Total: total, Count: len(gs), Goroutines: gs, NumGoroutines: len(gs)}
}

// behind puts links behind one that was ended by a goroutine.
func (l *Link) behind(by GoID, site string, links ...*Link) *Link {
	l.Enders, l.NumEnders, l.Behind = append(l.Enders, Ender{by, Site{Func: site}}), l.NumEnders+1, links
	return l
}

func (l *Link) open() *Link {
	l.Open = true
	return l
}

// TestLinkText says each kind of link in a sentence.
func TestLinkText(t *testing.T) {
	for _, x := range []struct {
		link *Link
		want string
	}{
		{linked(DimUnknown, "", "", 4*ms, 7), "spent 4 ms on something that the trace does not tell"},
		{linked(DimUnknown, "", "m.f", 4*ms, 7), "spent 4 ms on something that the trace does not tell in m.f"},
		{linked(DimUnknown, "", "", 4*ms, 7).open(), "has waited 4 ms for something that the trace does not tell and still does"},
		{linked(DimRunning, "", "m.f", 4*ms, 7), "ran 4 ms in m.f"},
		{linked(DimRunning, "", "", 4*ms, 7), "ran 4 ms"},
		{linked(DimRunnable, "", "m.f", 4*ms, 7), "waited 4 ms for a P to go on in m.f"},
		{linked(DimRunnable, "", "", 4*ms, 7), "waited 4 ms for a P"},
		{linked(DimPreempted, "", "m.f", 4*ms, 7), "waited 4 ms for a P, stopped by the runtime in m.f"},
		{linked(DimPreempted, "", "", 4*ms, 7), "waited 4 ms for a P"},
		{linked(DimNetworkQueue, "", "m.f", 4*ms, 7), "waited 4 ms for a P after the network was ready, in m.f"},
		{linked(DimNetworkQueue, "", "", 4*ms, 7), "waited 4 ms for a P after the network was ready"},
		{linked(DimAssist, "", "m.f", 4*ms, 7), "had to help the GC for 4 ms in m.f"},
		{linked(DimAssist, "GC mark assist wait for work", "m.f", 4*ms, 7), "waited 4 ms for the GC to get ahead in m.f"},
		{linked(DimStopTheWorld, "", "runtime.gcStart", 4*ms, 7), "was held up 4 ms by a stop of the world in runtime.gcStart"},
		{linked(DimNetwork, "tcp read", "m.f", 4*ms, 7), "waited 4 ms on the network (tcp read, m.f)"},
		{linked(DimNetwork, "", "m.f", 4*ms, 7), "waited 4 ms on the network in m.f"},
		{linked(DimNetwork, "", "m.f", 4*ms, 7).open(), "has waited 4 ms on the network in m.f and still does"},
		{linked(DimLock, "mutex", "m.f", 4*ms, 7), "waited 4 ms for the mutex taken in m.f"},
		{linked(DimLock, "rwmutex", "", 4*ms, 7), "waited 4 ms for the rwmutex"},
		{linked(DimLock, "mutex", "m.f", 4*ms, 7).open(), "has waited 4 ms for the mutex taken in m.f and still does, and nobody was seen who could end that"},
		{linked(DimChannel, "chan receive", "m.f", 4*ms, 7), "waited 4 ms to receive from a channel in m.f"},
		{linked(DimChannel, "chan send", "m.f", 4*ms, 7), "waited 4 ms to send on a channel in m.f"},
		{linked(DimChannel, "select", "m.f", 4*ms, 7), "waited 4 ms in a select in m.f"},
		{linked(DimChannel, "WaitGroup", "m.f", 4*ms, 7), "waited 4 ms for a WaitGroup in m.f"},
		{linked(DimChannel, "Cond", "m.f", 4*ms, 7), "waited 4 ms for a Cond in m.f"},
		{linked(DimChannel, "", "m.f", 4*ms, 7), "waited 4 ms for another goroutine in m.f"},
		{linked(DimChannel, "select", "m.f", 4*ms, 7).open(), "has waited 4 ms in a select in m.f and still does, and nobody was seen who could end that"},
		{linked(DimChannel, Forever, "m.f", 4*ms, 7).open(), "has waited 4 ms for nothing that can come (select {} or a nil channel) in m.f and still does"},
		{linked(DimSyscall, "", "m.f", 4*ms, 7), "was in a system call for 4 ms in m.f"},
		{linked(DimSleep, "", "m.f", 4*ms, 7), "slept 4 ms in m.f"},
		{linked(DimSleep, "select", "m.f", 4*ms, 7), "waited 4 ms in a select in m.f, until a timer went off"},
		{linked(DimSleep, "chan receive", "m.f", 4*ms, 7), "waited 4 ms to receive from a channel in m.f, until a timer went off"},
		{linked(DimSleep, "timer", "m.f", 4*ms, 7), "was started by a timer after 4 ms in m.f"},

		{linked(DimLock, "mutex", "m.f", 4*ms, 7).behind(8, "m.g", linked(DimRunning, "", "m.h", 4*ms, 8)), "waited 4 ms for the mutex taken in m.f ← held by goroutine 8 in m.g, which ran 4 ms in m.h"},
		{linked(DimLock, "mutex", "m.f", 4*ms, 7).behind(8, "", linked(DimRunning, "", "m.h", 4*ms, 8)), "waited 4 ms for the mutex taken in m.f ← held by goroutine 8, which ran 4 ms in m.h"},
		{linked(DimChannel, "select", "m.f", 4*ms, 7).behind(8, "m.g", linked(DimRunning, "", "m.h", 4*ms, 9)), "waited 4 ms in a select in m.f ← ended by goroutine 8 in m.g, after goroutine 9 ran 4 ms in m.h"},
		{linked(DimChannel, "select", "m.f", 4*ms, 7).behind(8, "m.g", linked(DimRunning, "", "m.h", 4*ms, 9, 10)), "waited 4 ms in a select in m.f ← ended by goroutine 8 in m.g, after 2 goroutines ran 4 ms in m.h"},
		{linked(DimChannel, "select", "m.f", 4*ms, 7).behind(NoGoroutine, "", linked(DimUnknown, "", "", 4*ms, NoGoroutine)), "waited 4 ms in a select in m.f ← ended by somebody, which spent 4 ms on something that the trace does not tell"},
		{linked(DimLock, "mutex", "m.f", 4*ms, 7).behind(8, "m.g").behind(9, "m.i").behind(9, "m.i", linked(DimRunning, "", "m.h", 4*ms, 9)), "waited 4 ms for the mutex taken in m.f ← held 3 times, longest by goroutine 9 in m.i, which ran 4 ms in m.h"},
		{linked(DimLock, "mutex", "m.f", 4*ms, 7).behind(9, "m.g").behind(9, "m.i", linked(DimRunning, "", "m.h", 4*ms, 9)), "waited 4 ms for the mutex taken in m.f ← held 2 times by goroutine 9 in m.g, which ran 4 ms in m.h"},
		{linked(DimLock, "mutex", "m.f", 4*ms, 7).behind(8, "m.g").behind(9, "m.i", linked(DimRunning, "", "m.h", 4*ms, 8, 9)), "waited 4 ms for the mutex taken in m.f ← held 2 times, by goroutine 8 in m.g and others, which ran 4 ms in m.h"},
		{linked(DimChannel, "select", "m.f", 4*ms, 7).open().behind(8, "m.g", linked(DimNetwork, "tcp read", "m.h", 4*ms, 8).open()), "has waited 4 ms in a select in m.f and still does ← a wait like that was last ended by goroutine 8 in m.g, which has waited 4 ms on the network (tcp read, m.h) and still does"},
		{linked(DimLock, "mutex", "m.f", 4*ms, 7).open().behind(7, "m.f", cycled(DimLock, 7)), "has waited 4 ms for the mutex taken in m.f and still does ← last taken, as far as the trace tells, by itself in m.f: a deadlock, unless it has unlocked it since"},
		{linked(DimLock, "mutex", "m.f", 4*ms, 7).open().behind(8, "m.f", cycled(DimLock, 8)), "has waited 4 ms for the mutex taken in m.f and still does ← last taken, as far as the trace tells, by goroutine 8 in m.f: they wait for each other, a deadlock unless one has unlocked since"},
		{linked(DimChannel, "select", "m.f", 4*ms, 7).open().behind(7, "m.f", cycled(DimChannel, 7)), "has waited 4 ms in a select in m.f and still does ← a wait like that was last ended by itself in m.f: it waits for itself, or for somebody who was not seen"},
		{linked(DimChannel, "select", "m.f", 4*ms, 7).open().behind(8, "m.f", cycled(DimChannel, 8)), "has waited 4 ms in a select in m.f and still does ← a wait like that was last ended by goroutine 8 in m.f: they wait for each other, or for somebody who was not seen"},
	} {
		e := &Explanation{Goroutine: 7, To: 4e6, Chain: []*Link{x.link}}
		require.Equal(t, "goroutine 7 "+x.want, e.Sentence())
	}
}

func cycled(d Dimension, g GoID) *Link {
	l := linked(d, "", "", 4*ms, g).open()
	l.Cycle = true
	return l
}

// TestExplanationText writes whole explanations.
func TestExplanationText(t *testing.T) {
	lock := linked(DimLock, "mutex", "store.(*Cache).Get", 310*ms, 5).behind(88, "store.load",
		linked(DimNetwork, "tcp read", "driver.(*Conn).readPacket", 305*ms, 88),
		linked(DimRunning, "", "store.load", 5*ms, 88))
	ready := linked(DimRunnable, "", "main.serve", 10*ms, 5)
	instead := &Instead{To: 1e7, Ready: 10 * ms, Procs: 2, Idle: 2 * ms, Other: ms, Ran: []Occupant{
		{Class: ClassUser, Site: Site{Func: "main.spin"}, Total: 10 * ms, Goroutines: 2, LongestBy: 9},
		{Class: ClassSystem, Site: Site{Func: "runtime.gcBgMarkWorker"}, Total: 4 * ms, Goroutines: 1, LongestBy: 3},
		{Class: ClassSystem, Site: Site{Func: "runtime.bgsweep"}, Total: ms, Goroutines: 1, LongestBy: 4},
		{Class: ClassWatch, Site: Site{Func: "tracewatch.run"}, Total: ms, Goroutines: 1, LongestBy: 6},
		{Class: ClassUser, Total: ms, Goroutines: 1, LongestBy: 7},
	}}
	for _, x := range []struct {
		e        *Explanation
		sentence string
		tree     string
	}{
		{
			&Explanation{Missing: "nobody knows"},
			"not explained: nobody knows",
			"not explained: nobody knows\n",
		},
		{&Explanation{}, "", "\n"},
		{
			&Explanation{Goroutine: 5, Chain: []*Link{lock, ready}, Alike: 47},
			"47 goroutines waited up to 310 ms for the mutex taken in store.(*Cache).Get ← held by goroutine 88 in store.load, which waited 305 ms on the network (tcp read, driver.(*Conn).readPacket)",
			`47 goroutines, of them one:
goroutine 5 waited 310 ms for the mutex taken in store.(*Cache).Get
├ held by goroutine 88 in store.load: goroutine 88 waited 305 ms on the network (tcp read, driver.(*Conn).readPacket)
└ goroutine 88 ran 5 ms in store.load
goroutine 5 waited 10 ms for a P to go on in main.serve
`,
		},
		{
			&Explanation{Goroutine: 5, Chain: []*Link{linked(DimNetwork, "tcp read", "m.f", ms, 5).open()}, Alike: 3},
			"3 goroutines have waited up to 1 ms on the network (tcp read, m.f) and still do",
			"3 goroutines, of them one:\ngoroutine 5 has waited 1 ms on the network (tcp read, m.f) and still does\n",
		},
		{
			&Explanation{Goroutine: 5, Chain: []*Link{ready}, Instead: instead},
			"goroutine 5 waited 10 ms for a P to go on in main.serve ← main.spin used 50% of 2 Ps meanwhile with 2 goroutines; yet Ps were idle for 2 ms together: it could have run there (the runtime or the machine was slow to start a thread)",
			`goroutine 5 waited 10 ms for a P to go on in main.serve
in the 10 ms that it waited for a P, of 2 Ps:
   50% main.spin, 2 goroutines, longest goroutine 9
   20% the GC's workers, goroutine 3
    5% the runtime's bgsweep, goroutine 4
    5% tracewatch itself, goroutine 6
    5% code that the trace does not name, goroutine 7
   10% nothing: idle
    5% other things
`,
		},
		{
			&Explanation{Goroutine: 5, Chain: []*Link{ready}, Instead: &Instead{To: 1e7, Ready: 10 * ms, Procs: 1, Idle: 10 * ms}},
			"goroutine 5 waited 10 ms for a P to go on in main.serve ← nobody was seen to run meanwhile; yet Ps were idle for 10 ms together: it could have run there (the runtime or the machine was slow to start a thread)",
			"goroutine 5 waited 10 ms for a P to go on in main.serve\nin the 10 ms that it waited for a P, of 1 P:\n  100% nothing: idle\n",
		},
		{
			&Explanation{Goroutine: 5, Chain: []*Link{linked(DimRunning, "", "main.spin", 30*ms, 5)}, Delayed: &Delayed{
				Goroutines: 2, Total: 50 * ms, Max: 30 * ms,
				Sites: []SiteEvidence{{Site: 1, Name: "main.serve", Count: 3, Total: 40 * ms, Max: 30 * ms}, {Name: "unknown", Count: 1, Total: 10 * ms, Max: 10 * ms}},
			}},
			"goroutine 5 ran 30 ms in main.spin; meanwhile 2 goroutines waited for a P, 50 ms together, at most 30 ms, longest in main.serve",
			`goroutine 5 ran 30 ms in main.spin
meanwhile 2 goroutines waited for a P, 50 ms together, at most 30 ms, longest in main.serve
  40 ms in main.serve, 3 times, at most 30 ms
  10 ms in code that the trace does not name
`,
		},
		{
			&Explanation{Goroutine: 5, Chain: []*Link{linked(DimRunning, "", "main.spin", 30*ms, 5)}, Delayed: &Delayed{Goroutines: 1, Total: 20 * ms, Max: 20 * ms}},
			"goroutine 5 ran 30 ms in main.spin; meanwhile 1 goroutine waited for a P, 20 ms",
			"goroutine 5 ran 30 ms in main.spin\nmeanwhile 1 goroutine waited for a P, 20 ms\n",
		},
	} {
		require.Equal(t, x.sentence, x.e.Sentence())
		require.Equal(t, x.tree, x.e.Tree())
		data, err := json.Marshal(x.e)
		require.NoError(t, err)
		if x.e.Missing == "" {
			var o struct{ Sentence string }
			require.NoError(t, json.Unmarshal(data, &o))
			require.Equal(t, x.sentence, o.Sentence)
		} else {
			require.JSONEq(t, `{"missing": "nobody knows"}`, string(data))
		}
	}
}
