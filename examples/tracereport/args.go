package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// options are what the arguments say.
type options struct {
	files       []string // one, or two to compare; "-" is standard input
	json, prom  bool
	places      bool // what goroutines did at each site
	outputs     []output
	stdout      *output // the one of them that is standard output
	since       moment
	until       moment
	goroutine   detectors.GoID // NoGoroutine: none
	minSeverity detectors.Severity
}

// parse reads the arguments. Flags may be before, between and after the files, until a --.
func parse(args []string) (options, error) {
	o := options{goroutine: detectors.NoGoroutine}
	fs := flag.NewFlagSet("tracereport", flag.ContinueOnError)
	fs.SetOutput(io.Discard) // run says what there is to say
	fs.BoolVar(&o.json, "json", false, "")
	fs.BoolVar(&o.prom, "prom", false, "")
	fs.BoolVar(&o.places, "places", true, "")
	for _, k := range []struct {
		flag  string
		write writer
	}{{"html", writeHTML}, {"png", writePNG}, {"svg", writeSVG}} {
		fs.Func(k.flag, "", func(path string) error { return o.add("-"+k.flag, path, k.write, "") })
	}
	fs.Func("pprof", "", o.addProfile)
	fs.Func("since", "", o.since.set)
	fs.Func("until", "", o.until.set)
	fs.Func("goroutine", "", o.setGoroutine)
	fs.Func("min-severity", "", o.setSeverity)
	for len(args) > 0 {
		if err := fs.Parse(args); err != nil {
			return o, err
		}
		rest := fs.Args()
		if n := len(args) - len(rest); n > 0 && args[n-1] == "--" {
			o.files = append(o.files, rest...)
			break
		}
		if len(rest) == 0 {
			break
		}
		o.files = append(o.files, rest[0])
		args = rest[1:]
	}
	return o, o.check()
}

// check says what does not go together.
func (o *options) check() error {
	switch n := len(o.files); {
	case n == 0:
		return errors.New("no file is named; - is standard input")
	case n > 2:
		return fmt.Errorf("%q is one file too many: one is explained, two are compared", o.files[2])
	case n == 2 && o.files[0] == "-" && o.files[1] == "-":
		return errors.New("standard input can be one of the two files")
	case n == 2 && o.prom:
		return errors.New("-prom is of one trace, not of two")
	case n == 2 && len(o.outputs) > 0:
		return fmt.Errorf("%s is of one trace, not of two", o.outputs[0].flag)
	case n == 2 && o.goroutine != detectors.NoGoroutine:
		return errors.New("-goroutine is of one trace, not of two")
	}
	if !o.since.isClock() && !o.until.isClock() && o.until.given() && o.until.offset <= o.since.offset {
		return fmt.Errorf("-until %s is not after %s", o.until.text, orBeginning(o.since.text))
	}
	return o.checkStdout()
}

// checkStdout finds out what standard output gets: one thing only.
func (o *options) checkStdout() error {
	var there []string
	if o.json {
		there = append(there, "-json")
	}
	if o.prom {
		there = append(there, "-prom")
	}
	for i := range o.outputs {
		if x := &o.outputs[i]; x.path == "-" {
			there = append(there, x.flag+" -")
			o.stdout = x
		}
	}
	if len(there) > 1 {
		return fmt.Errorf("standard output can have one of them only: %s", strings.Join(there, ", "))
	}
	return nil
}

func (o *options) add(flag, path string, write writer, kind tracewatch.ProfileKind) error {
	if path == "" {
		return errors.New("the file has no name")
	}
	o.outputs = append(o.outputs, output{flag: flag, path: path, write: write, kind: kind})
	return nil
}

func (o *options) addProfile(value string) error {
	name, path, ok := strings.Cut(value, "=")
	if !ok {
		return fmt.Errorf("it is KIND=OUT; the kinds of profiles are\n%s", strings.TrimSuffix(profileKinds(), "\n"))
	}
	kind := tracewatch.ProfileKind(name)
	if !slices.Contains(tracewatch.ProfileKinds(), kind) {
		return fmt.Errorf("there is no kind %q of profile; there are\n%s", name, strings.TrimSuffix(profileKinds(), "\n"))
	}
	return o.add("-pprof "+name, path, writeProfile(kind), kind)
}

// profileKinds lists the kinds of profiles.
func profileKinds() string {
	var b strings.Builder
	for _, k := range tracewatch.ProfileKinds() {
		name := string(k)
		for _, line := range wrap(k.Doc(), 96) {
			fmt.Fprintf(&b, "      %-13s  %s\n", name, line)
			name = ""
		}
	}
	return b.String()
}

func (o *options) setGoroutine(value string) error {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n <= 0 {
		return errors.New("goroutines are numbered from 1")
	}
	o.goroutine = detectors.GoID(n)
	return nil
}

func (o *options) setSeverity(value string) error {
	for s := detectors.Info; s <= detectors.Critical; s++ {
		if s.String() == value {
			o.minSeverity = s
			return nil
		}
	}
	return fmt.Errorf("it is one of %s, %s and %s", detectors.Info, detectors.Warning, detectors.Critical)
}
