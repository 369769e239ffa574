package allocs

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"strings"

	"github.com/google/pprof/profile"
)

// Difference returns what was allocated between two snapshots, as the bytes of a profile
// (gzip'ed, as go tool pprof reads it) of objects and bytes, scaled to what the samples
// stand for. A stack has at most the 32 innermost frames, which is what the runtime gives.
func Difference(before, after *Snapshot) ([]byte, error) {
	p := difference(before, after)
	if err := p.CheckValid(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func difference(before, after *Snapshot) *profile.Profile {
	old, key := make(map[string]counts, len(before.counts)), []byte(nil)
	for _, c := range before.counts {
		key = before.key(key[:0], c)
		sum := old[string(key)]
		sum.objects += c.objects
		sum.bytes += c.bytes
		old[string(key)] = sum
	}
	b := newBuilder()
	b.p.Period = int64(after.rate)
	b.p.TimeNanos = before.at.UnixNano()
	b.p.DurationNanos = max(0, after.at.Sub(before.at).Nanoseconds())
	b.p.Comments = []string{fmt.Sprintf(
		"%d garbage collections ended in this time. What was allocated since the last two of them began may be missing; "+
			"what was allocated as long before this time may be in it.",
		max(after.collections, before.collections)-before.collections)}
	for _, c := range after.counts {
		if c.objects <= 0 {
			continue
		}
		size := c.bytes / c.objects
		key = after.key(key[:0], c)
		if was, ok := old[string(key)]; ok {
			// Several records can look alike, where stacks are cut.
			used := was
			used.objects, used.bytes = min(was.objects, c.objects), min(was.bytes, c.bytes)
			was.objects -= used.objects
			was.bytes -= used.bytes
			old[string(key)] = was
			c.objects -= used.objects
			c.bytes -= used.bytes
		}
		if objects, bytes := scale(c.objects, c.bytes, after.rate); objects > 0 {
			b.add(after.stack(c), size, objects, bytes)
		}
	}
	return b.p
}

// key identifies a stack and a size. The runtime has a record of its own for each size.
func (s *Snapshot) key(to []byte, c counts) []byte {
	if c.objects > 0 {
		to = binary.AppendVarint(to, c.bytes/c.objects)
	}
	for _, pc := range s.stack(c) {
		to = binary.NativeEndian.AppendUint64(to, uint64(pc))
	}
	return to
}

// scale returns what sampled objects stand for. An object of so many bytes is sampled with the
// probability 1-exp(-bytes/rate): the distance from one sample to the next has an
// exponential distribution around the rate (runtime.nextSample).
func scale(objects, bytes int64, rate int) (int64, int64) {
	if objects <= 0 || bytes <= 0 {
		return 0, 0
	}
	if rate <= 1 {
		return objects, bytes // all are sampled
	}
	size := float64(bytes) / float64(objects)
	factor := -1 / math.Expm1(-size/float64(rate))
	return int64(math.Round(float64(objects) * factor)), int64(math.Round(float64(bytes) * factor))
}

// builder makes a profile of stacks.
type builder struct {
	p         *profile.Profile
	functions map[[2]string]*profile.Function
	locations map[location]*profile.Location
}

// A location is a line of a function. It is enough: what is symbolized here needs no addresses.
type location struct {
	function *profile.Function
	line     int
}

func newBuilder() *builder {
	return &builder{
		p: &profile.Profile{
			SampleType: []*profile.ValueType{
				{Type: "alloc_objects", Unit: "count"},
				{Type: "alloc_space", Unit: "bytes"},
			},
			DefaultSampleType: "alloc_space",
			PeriodType:        &profile.ValueType{Type: "space", Unit: "bytes"},
		},
		functions: make(map[[2]string]*profile.Function),
		locations: make(map[location]*profile.Location),
	}
}

// add adds what was allocated in objects of a size.
func (b *builder) add(pcs []uintptr, size, objects, bytes int64) {
	s := &profile.Sample{
		Value:    []int64{objects, bytes},
		NumLabel: map[string][]int64{"bytes": {size}},
		NumUnit:  map[string][]string{"bytes": {"bytes"}},
	}
	var inside []*profile.Location // the allocator's own frames
	frames := runtime.CallersFrames(pcs)
	for more := len(pcs) > 0; more; {
		var f runtime.Frame
		f, more = frames.Next()
		switch {
		case f.Function == "runtime.goexit":
		case len(s.Location) == 0 && isRuntime(f.Function):
			inside = append(inside, b.location(f))
		default:
			s.Location = append(s.Location, b.location(f))
		}
	}
	if len(s.Location) == 0 {
		s.Location = inside // the runtime allocated for itself
	}
	b.p.Sample = append(b.p.Sample, s)
}

func isRuntime(fn string) bool {
	return strings.HasPrefix(fn, "runtime.") || strings.HasPrefix(fn, "internal/runtime/")
}

func (b *builder) location(f runtime.Frame) *profile.Location {
	key := location{b.function(f), f.Line}
	l := b.locations[key]
	if l == nil {
		l = &profile.Location{
			ID:   uint64(len(b.p.Location) + 1),
			Line: []profile.Line{{Function: key.function, Line: int64(f.Line)}},
		}
		b.locations[key] = l
		b.p.Location = append(b.p.Location, l)
	}
	return l
}

func (b *builder) function(f runtime.Frame) *profile.Function {
	name := f.Function
	if name == "" {
		name = "unknown"
	}
	key := [2]string{name, f.File}
	fn := b.functions[key]
	if fn == nil {
		fn = &profile.Function{ID: uint64(len(b.p.Function) + 1), Name: name, SystemName: name, Filename: f.File}
		b.functions[key] = fn
		b.p.Function = append(b.p.Function, fn)
	}
	return fn
}
