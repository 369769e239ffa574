package tracegen

import (
	"bytes"
	"testing"

	"github.com/gotracewatch/tracewatch/internal/wire"
)

func TestCorrupt(t *testing.T) {
	var readable, broken int
	for _, v := range versions {
		trace := Random(1, Shape{Version: v, Threads: 4, Goroutines: 20, Events: 300})
		original := bytes.Clone(trace)
		for seed := range uint64(400) {
			bad := Corrupt(seed, trace)
			if bytes.Equal(bad, trace) {
				t.Fatalf("seed %d changes nothing", seed)
			}
			if !bytes.Equal(bad, Corrupt(seed, trace)) {
				t.Fatalf("seed %d gives different traces", seed)
			}
			if readsWithoutError(bad) {
				readable++
			} else {
				broken++
			}
		}
		if !bytes.Equal(trace, original) {
			t.Fatal("Corrupt changes its argument")
		}
	}
	if readable == 0 || broken < readable {
		t.Errorf("of the corrupted traces the reference reads %d and rejects %d", readable, broken)
	}
}

// readsWithoutError takes a panic of the reference, which has some on broken
// traces, for an error.
func readsWithoutError(data []byte) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	_, err := readAll(data)
	return err == nil
}

func TestCorruptTakesAnything(t *testing.T) {
	trace := Random(1, Shape{Events: 1})
	inputs := [][]byte{nil, {}, {1}, []byte("go 1.26 trace"), bytes.Repeat([]byte{0xff}, 100)}
	for i := range 60 {
		inputs = append(inputs, trace[:i*len(trace)/60])
	}
	for _, in := range inputs {
		for seed := range uint64(100) {
			Corrupt(seed, Corrupt(seed+1, in))
		}
	}
}

func TestPieces(t *testing.T) {
	trace := Random(1, Shape{Events: 1000})
	all := pieces(trace)
	if last := all[len(all)-1]; last.end != len(trace) || last.kind != wire.EvEndOfGeneration {
		t.Errorf("the last piece is %+v of a trace of %d bytes", last, len(trace))
	}
}

func FuzzCorrupt(f *testing.F) {
	f.Add(uint64(1), Random(1, Shape{Events: 1}))
	f.Fuzz(func(t *testing.T, seed uint64, trace []byte) { Corrupt(seed, trace) })
}
