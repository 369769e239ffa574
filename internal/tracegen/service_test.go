package tracegen

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"golang.org/x/exp/trace"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

func TestServiceIsValid(t *testing.T) {
	shapes := []Shape{
		{Threads: 2, Goroutines: 4, Events: 1, Generations: 1},
		{Threads: 2, Goroutines: 4, Events: 5_000, Generations: 30, Quiet: 1},
		{Threads: 3, Procs: 2, Goroutines: 100, Events: 5_000, Skew: 3_000},
		{Events: 20_000, AllocFree: true, Tasks: 100},
		{Threads: 64, Procs: 3, Goroutines: 300, Events: 10_000, Generations: 4, Stacks: 800, Depth: 128},
		{Threads: 64, Goroutines: 3_000, Events: 20_000, ClockUnit: 1, Skew: 100_000, Quiet: 50},
		{Threads: 16, Goroutines: 3_000, Events: 20_000, Generations: 7, Distinct: true},
	}
	for _, v := range versions {
		for _, s := range shapes {
			s.Version = v
			t.Run(s.String(), func(t *testing.T) {
				for seed := range uint64(3) {
					events := checkReference(t, Service(seed, s))
					if len(events) < s.Events {
						t.Errorf("seed %d: %d events, want at least %d", seed, len(events), s.Events)
					}
				}
			})
		}
	}
}

func TestServiceIsDeterministic(t *testing.T) {
	s := Shape{Events: 5_000}
	one := Service(7, s)
	if !bytes.Equal(one, Service(7, s)) {
		t.Error("the same seed gives different traces")
	}
	if bytes.Equal(one, Service(8, s)) {
		t.Error("different seeds give the same trace")
	}
	var buf bytes.Buffer
	if err := WriteService(&buf, 7, s); err != nil || !bytes.Equal(one, buf.Bytes()) {
		t.Errorf("what is written is not what is returned: %v", err)
	}
}

// TestServiceIsLikeAService compares with what was measured in traces of HTTP
// services: the shares of event types, how often a thread that runs has an
// event, and how often a goroutine stays on its P.
func TestServiceIsLikeAService(t *testing.T) {
	for _, s := range []Shape{
		{Threads: 2, Goroutines: 1000},
		{Threads: 8, Goroutines: 1000},
		{Threads: 256, Goroutines: 10_000},
	} {
		s.Events, s.Generations = 300_000, 2
		t.Run(s.String(), func(t *testing.T) {
			data := Service(1, s)
			counts, total := countTypes(data), 0
			for typ, n := range counts {
				if typ.Timed() {
					total += n
				}
			}
			for typ, want := range map[wire.EventType][2]float64{
				wire.EvGoStart:             {20, 27},
				wire.EvGoBlock:             {17, 22},
				wire.EvGoUnblock:           {17, 22},
				wire.EvGoSyscallBegin:      {10, 15},
				wire.EvGoSyscallEnd:        {10, 15},
				wire.EvGoCreate:            {2, 6},
				wire.EvGoDestroy:           {2, 6},
				wire.EvHeapAlloc:           {1, 2.5},
				wire.EvProcStart:           {0.1, 2},
				wire.EvGoStop:              {0.03, 0.7},
				wire.EvProcSteal:           {0.02, 0.2},
				wire.EvGoSyscallEndBlocked: {0.02, 0.2},
				wire.EvGCBegin:             {0.0001, 0.01},
				wire.EvUserTaskBegin:       {0.1, 1},
			} {
				if got := 100 * float64(counts[typ]) / float64(total); got < want[0] || got > want[1] {
					t.Errorf("%.3f %% of the events are %s, want %v", got, typ, want)
				}
			}
			checkManners(t, s, checkReference(t, data))
		})
	}
}

// checkManners looks at how the goroutines are scheduled.
func checkManners(t *testing.T, s Shape, events []trace.Event) {
	t.Helper()
	last := make(map[trace.GoID]trace.ProcID)
	here, elsewhere := 0, 0
	stopped, running := false, make(map[trace.ProcID]trace.Time)
	var busy time.Duration
	for _, e := range events {
		switch e.Kind() {
		case trace.EventRangeBegin:
			stopped = stopped || e.Range().Scope.Kind == trace.ResourceGoroutine && e.Range().Name[:4] == "stop"
		case trace.EventRangeEnd:
			stopped = stopped && e.Range().Name[:4] != "stop"
		case trace.EventStateTransition:
			tr := e.StateTransition()
			if tr.Resource.Kind == trace.ResourceProc {
				from, to := tr.Proc()
				p := tr.Resource.Proc()
				if from != trace.ProcRunning && to == trace.ProcRunning {
					running[p] = e.Time()
				} else if from == trace.ProcRunning && to == trace.ProcIdle {
					busy += e.Time().Sub(running[p])
					delete(running, p)
				}
				break
			}
			from, to := tr.Goroutine()
			id := tr.Resource.Goroutine()
			if from != trace.GoRunnable || to != trace.GoRunning {
				break
			}
			if stopped {
				t.Fatalf("goroutine %d starts in a stopped world", id)
			}
			if p, ok := last[id]; ok && p == e.Proc() {
				here++
			} else if ok {
				elsewhere++
			}
			last[id] = e.Proc()
		}
	}
	for _, since := range running {
		busy += events[len(events)-1].Time().Sub(since)
	}
	perEvent := busy / time.Duration(len(events))
	t.Logf("%v of a running P's time per event; %d starts on the goroutine's last P, %d on others", perEvent, here, elsewhere)
	if perEvent < 100 || perEvent > 600 {
		t.Errorf("an event every %d ns", perEvent)
	}
	if s.Threads > 2 && here < elsewhere/4 {
		t.Errorf("%d starts where the goroutine was, %d elsewhere", here, elsewhere)
	}
}

// TestLargest: as many threads and goroutines as anybody has. The reference reads
// it.
func TestLargest(t *testing.T) {
	if testing.Short() {
		t.Skip("a million goroutines take two seconds")
	}
	s := Shape{Threads: 256, Goroutines: 1_000_000, Events: 300_000, Generations: 1}
	for name, write := range map[string]func(io.Writer, uint64, Shape) error{"random": WriteRandom, "service": WriteService} {
		t.Run(name, func(t *testing.T) {
			var buf bytes.Buffer
			if err := write(&buf, 1, s); err != nil {
				t.Fatal(err)
			}
			threads, goroutines, events := census(t, buf.Bytes())
			t.Logf("%d bytes: %d threads, %d goroutines, %d events", buf.Len(), threads, goroutines, events)
			if threads < s.Threads*9/10 || goroutines < s.Goroutines*9/10 || events < s.Goroutines+s.Events/2 {
				t.Error("something is missing")
			}
		})
	}
}

// census counts what a trace has, as the reference reads it.
func census(t *testing.T, data []byte) (threads, goroutines, events int) {
	t.Helper()
	r, err := trace.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	ms, gs := make(map[trace.ThreadID]bool), make(map[trace.GoID]bool)
	for {
		e, err := r.ReadEvent()
		if errors.Is(err, io.EOF) {
			return len(ms), len(gs), events
		}
		if err != nil {
			t.Fatal(err)
		}
		events++
		ms[e.Thread()] = true
		if e.Kind() == trace.EventStateTransition {
			if r := e.StateTransition().Resource; r.Kind == trace.ResourceGoroutine {
				gs[r.Goroutine()] = true
			}
		}
	}
}

func TestAgenda(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var a agenda
	var want []int64
	for range 2000 {
		if len(a) > 0 && rng.IntN(3) == 0 {
			slices.Sort(want)
			if got := a.pop().at; got != want[0] {
				t.Fatalf("popped %d, want %d", got, want[0])
			}
			want = want[1:]
			continue
		}
		at := rng.Int64N(500)
		a.push(appointment{at: at})
		want = append(want, at)
	}
}

func BenchmarkService(b *testing.B) {
	for _, s := range []Shape{
		{Events: 1_000_000},
		{Events: 1_000_000, Threads: 256, Goroutines: 100_000},
		{Events: 100_000, Goroutines: 1_000_000},
	} {
		b.Run(fmt.Sprint(s), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.SetBytes(int64(len(Service(1, s))))
			}
		})
	}
}
