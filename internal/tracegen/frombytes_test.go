package tracegen

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

// noise returns random bytes of which the eighth, the number of changes, is such
// that there are so many.
func noise(seed uint64, changes byte) []byte {
	rng := rand.New(rand.NewPCG(seed, 1))
	data := make([]byte, 8+rng.IntN(2000))
	for i := range data {
		data[i] = byte(rng.Uint32())
	}
	data[7] = changes
	return data
}

func TestFromBytesIsValid(t *testing.T) {
	inputs := [][]byte{nil, {1}, bytes.Repeat([]byte{0xff}, 7), make([]byte, 3000)}
	for seed := range uint64(600) {
		inputs = append(inputs, noise(seed, 0))
	}
	for _, v := range versions {
		for kind := range 64 {
			inputs = append(inputs, ToBytes(v, FromBytesKind(kind), nil))
		}
	}
	for _, in := range inputs {
		trace, changes := FromBytes(in)
		if changes != nil {
			t.Fatalf("changes %q", changes)
		}
		checkReference(t, trace)
		if again, _ := FromBytes(in); !bytes.Equal(trace, again) {
			t.Fatal("the same bytes give different traces")
		}
	}
}

// TestFromBytesChanges: all changes are made, most matter to the reference, and
// some do not.
func TestFromBytesChanges(t *testing.T) {
	made := make(map[string]int)
	read, broken := 0, 0
	for seed := range uint64(1500) {
		in := noise(seed, byte(1+seed%3))
		trace, changes := FromBytes(in)
		for _, c := range changes {
			verb, _, _ := strings.Cut(c, " ")
			made[verb]++
		}
		if readsWithoutError(trace) {
			read++
		} else {
			broken++
		}
	}
	t.Logf("the reference reads %d and rejects %d: %v", read, broken, made)
	for _, verb := range []string{"drop", "repeat", "swap", "move", "make", "batch", "generation", "generations", "the", "cut"} {
		if made[verb] == 0 {
			t.Errorf("no change that begins with %q", verb)
		}
	}
	if read < broken/20 || broken < read/20 {
		t.Errorf("the reference reads %d and rejects %d", read, broken)
	}
}

func TestEditorKeeps(t *testing.T) {
	for _, v := range versions {
		trace := Random(1, Shape{Version: v, Events: 2000, AllocFree: true})
		if !bytes.Equal(newEditor(trace).trace(), trace) {
			t.Errorf("go 1.%d: an editor that changes nothing changes something", v)
		}
	}
}

func FuzzFromBytes(f *testing.F) {
	for _, v := range versions {
		f.Add(ToBytes(v, FuzzTour, nil))
		f.Add(ToBytes(v, FuzzService, nil))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if trace, changes := FromBytes(data); changes == nil {
			checkReference(t, trace)
		}
	})
}

func BenchmarkFromBytes(b *testing.B) {
	in := noise(1, 3)
	for b.Loop() {
		FromBytes(in)
	}
}
