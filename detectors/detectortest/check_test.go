package detectortest

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/timeline"
)

// judged is a detector that says of each window what it is told to.
type judged struct {
	say     func(w *detectors.Window) ([]detectors.Finding, detectors.Verdict)
	observe func()
}

func (d judged) Spec() detectors.Spec {
	return detectors.Spec{Kind: "judged", Observes: detectors.Set(detectors.GoStart)}
}
func (d judged) New(*detectors.Code) (detectors.State, error) { return d, nil }
func (d judged) Observe(*detectors.Observation) {
	if d.observe != nil {
		d.observe()
	}
}
func (d judged) Judge(w *detectors.Window) ([]detectors.Finding, detectors.Verdict) { return d.say(w) }

const quiet = "windows 2\ngoroutine a begins main.a parks \"sleep\" at main.work work.go:7\n"

// half says of the second window that something was found, with all that a finding has.
func half(w *detectors.Window) ([]detectors.Finding, detectors.Verdict) {
	v := detectors.Verdict{Applicable: true, Value: 0.0291, Threshold: 0.02, Unit: "s", Note: `a "note"`}
	if w.Generation == 1 {
		return nil, v
	}
	var site detectors.SiteID
	var id detectors.GoID
	for g := range w.Goroutines {
		if s := w.Code.SiteOf(g.Stack); w.Code.Site(s).Func == "main.work" {
			site, id = s, g.ID
		}
	}
	return []detectors.Finding{{
		Severity: detectors.Critical, Start: detectors.Time(base + 250_000_000), End: w.End, Score: 1.455, Site: site, Summary: "late by 29.1 ms", Why: "why", Advice: "advice",
		Evidence: detectors.Evidence{
			Measures:   []detectors.Measure{{Name: "P99", Value: 0.0291, Unit: "s", Threshold: 0.02, Baseline: 0.001}, {Name: "count", Value: 3e12, Unit: "1"}},
			Sites:      []detectors.SiteEvidence{{Site: site, Count: 3, Total: time.Second, Max: 500 * time.Millisecond, What: "ran"}},
			Goroutines: []detectors.GoroutineEvidence{{ID: id, Proc: 0, At: detectors.Time(base + 1000), Duration: 1500, What: "waited"}},
		},
	}}, v
}

// A failure says where, what was expected and what was found, and gives the text that would
// be right.
func TestMessage(t *testing.T) {
	err := Check(judged{say: half}, "f.txt", []byte(quiet+"expect 2 finding main.other warning\n\tscore 2 ± 10%\n\tsummary /3\\d ms/\n\tmeasure \"P99\" 30ms threshold 20ms\n\tno measure \"count\"\n\tsite main.work count 4\n\tgoroutine a at 2us\n"))
	require.EqualError(t, err, `f.txt:3: window 2: a finding at main.work work.go:7, expected at main.other
	severity is critical, expected warning
	score is 1.455, expected 1.8 to 2.2
	summary is "late by 29.1 ms", expected: /3\d ms/
	measure "P99" is 0.0291, expected 0.03
	there is a measure "count", which is expected not to be there
	count of site main.work is 3, expected 4
	the time of goroutine a is 1us, expected 2us
what the detector said, as it would be expected:

expect 2 finding main.work work.go:7 critical score 1.455
	from 250ms to 2
	summary "late by 29.1 ms"
	measure "P99" 0.0291 unit "s" threshold 0.02 baseline 0.001
	measure "count" 3e+12 unit "1"
	site main.work work.go:7 count 3 total 1s max 500ms what "ran"
	goroutine a at 1us for 1.5us what "waited"
expect 2 verdict applicable value 0.0291 threshold 0.02 unit "s" note is `+"`a \"note\"`\n")
}

func TestCheck(t *testing.T) {
	silent := func(*detectors.Window) ([]detectors.Finding, detectors.Verdict) {
		return nil, detectors.Verdict{Note: "cannot tell"}
	}
	for _, c := range []struct {
		say  func(*detectors.Window) ([]detectors.Finding, detectors.Verdict)
		text string
		want string // "": nothing is wrong
	}{
		{half, "", "f:1: nothing is expected: say so with expect silent"},
		{half, "expect 1 silent", "f:1: window 2: a finding at main.work that is not expected: late by 29.1 ms"},
		{half, "expect silent", "f:3: window 2: a finding at main.work that is not expected"},
		{half, "expect 1 verdict applicable", "f:1: window 2: a finding at main.work that is not expected"},
		{half, "expect finding main.work", "f:3: window 1: nothing is found at main.work, where a finding is expected"},
		{half, "expect 2 finding main.work\nexpect 2 finding anywhere", "f:4: window 2: nothing is found at anywhere"},
		{half, "expect 2 finding anywhere", ""},
		{half, "expect last finding main.work work.go:7 critical kind judged", ""},
		{half, "expect 2 finding main.work work.go:8", "a finding at main.work work.go:7, expected at main.work work.go:8"},
		{half, "expect 2 finding main.work kind other", "kind is judged, expected other"},
		{half, "expect 2 finding main.work from 250ms to 2 score 1 to 2", ""},
		{half, "expect 2 finding main.work from 1", "start is 250ms, expected that of window 1, which is"},
		{half, "expect 2 finding main.work from 240ms ± 1ms", "start is 250ms, expected 239ms to 241ms"},
		{half, "expect 2 finding main.work summary not \"late\"", `summary is "late by 29.1 ms", not expected: "late"`},
		{half, "expect 2 finding main.work summary \"late\" summary \"29.1\" summary not /3/ why is \"why\" advice is \"adv\"", `advice is "advice", expected: "adv"`},
		{half, "expect 2 finding main.work measure \"P50\" 1", `there is no measure "P50", only ["P99" "count"]`},
		{half, "expect 2 finding main.work measure \"P99\" unit \"1\"", `unit of "P99" is "s", expected "1"`},
		{half, "expect 2 finding main.work measure \"P99\" 29ms ± 1% baseline 2ms ± 1ms no measure \"P50\"", ""},
		{half, "expect 2 finding main.work site main.work site main.b", "1 sites of evidence, expected 2"},
		{half, "expect 2 finding main.work sites 1 site main.work total 1s max 500ms what /^ran$/", ""},
		{half, "expect 2 finding main.work goroutine a on P0 for 1us", "the duration of goroutine a is 1.5us, expected 1us"},
		{half, "expect 2 finding main.work goroutine any what \"slept\"", `what of goroutine a is "waited", expected: "slept"`},
		{half, "expect 2 finding anywhere\nexpect verdict value 29.1ms threshold 20ms unit \"s\" note \"note\"", ""},
		{half, "expect 2 finding anywhere\nexpect 1 verdict value 29.2ms", "f:4: window 1: the verdict's value is 0.0291, expected 0.0292"},
		{silent, "expect verdict not applicable note is \"cannot tell\"", ""},
		{silent, "expect verdict applicable", "f:3: window 1: the verdict's applicable is false, expected true"},
		{silent, "expect verdict note \"\"", `the verdict's note is "cannot tell", expected: ""`},
	} {
		err := Check(judged{say: c.say}, "f", []byte(quiet+c.text))
		if c.want == "" {
			require.NoError(t, err, c.text)
			continue
		}
		require.ErrorContains(t, err, c.want, c.text)
	}
	err := Check(judged{say: silent, observe: func() { panic("oh") }}, "f", []byte(quiet+"expect silent"))
	require.ErrorContains(t, err, "f: the detector's Observe panics: oh")
	err = Check(detectors.SchedDelay{P99: -1}, "f", []byte(quiet+"expect silent"))
	require.ErrorContains(t, err, "f: the detector's New: detectors: sched-delay: P99 is -1ns")
}

// What a failure gives as the right text is right, of all built-in detectors.
func TestShownIsRight(t *testing.T) {
	settings := make(map[string]detectors.Detector)
	for _, d := range detectors.Default() {
		settings[strings.ReplaceAll(d.Spec().Kind, "-", "")] = d
	}
	found := 0
	for name, text := range texts(t) {
		parts := strings.Split(filepath.ToSlash(name), "/")
		if len(parts) < 4 { // testdata of this package
			continue
		}
		d := settings[parts[2]]
		require.NotNil(t, d, name)
		i := strings.Index(string(text), "\nexpect ")
		scene, _, _ := strings.Cut(string(text), "\nexpect ")
		require.Positive(t, i, name)
		sc, err := read(name, []byte(scene))
		require.NoError(t, err)
		trace, names, err := sc.play()
		require.NoError(t, err)
		all, err := watch(d, trace, sc.lost)
		require.NoError(t, err)
		x := &examiner{scene: sc, kind: d.Spec().Kind, names: names, all: all}
		shown := ""
		for i := range all {
			shown += x.show(&all[i])
			found += len(all[i].findings)
		}
		require.NoError(t, Check(d, name, []byte(scene+"\n"+shown)), shown)
	}
	require.Greater(t, found, 10)
}

// All of a Spec that says what is observed reaches the timeline.
func TestObserver(t *testing.T) {
	var spec detectors.Spec
	s := reflect.ValueOf(&spec).Elem()
	for i := range s.NumField() {
		switch f := s.Field(i); {
		case f.CanInt():
			f.SetInt(int64(i + 1))
		case f.CanUint():
			f.SetUint(uint64(i + 1))
		case f.Kind() == reflect.Bool:
			f.SetBool(true)
		}
	}
	o := reflect.ValueOf(observer(spec, judged{}))
	for i := range o.NumField() {
		name := reflect.TypeFor[timeline.Observer]().Field(i).Name
		if name == "Observe" {
			continue
		}
		of := s.FieldByName(name)
		require.True(t, of.IsValid(), "a Spec has no %s", name)
		require.Equal(t, of.Interface(), o.Field(i).Interface(), name)
	}
}
