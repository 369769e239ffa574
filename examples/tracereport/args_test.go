package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

func TestUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		says string
	}{
		{nil, "no file"},
		{[]string{"-json"}, "no file"},
		{[]string{"--"}, "no file"},
		{[]string{"a", "b", "c"}, `"c"`},
		{[]string{"-color", "a"}, "-color"},
		{[]string{"a", "-color"}, "-color"},
		{[]string{"-", "-"}, "one of the two"},
		{[]string{"-min-severity", "bad", "a"}, "info, warning and critical"},
		{[]string{"-goroutine", "x", "a"}, "numbered from 1"},
		{[]string{"-goroutine", "0", "a"}, "numbered from 1"},
		{[]string{"-since", "soon", "a"}, "like 2.5s"},
		{[]string{"-since", "-1s", "a"}, "before the trace's beginning"},
		{[]string{"-since", "2s", "-until", "1s", "a"}, "-until 1s is not after -since 2s"},
		{[]string{"-until", "0s", "a"}, "-until 0s is not after the trace's beginning"},
		{[]string{"-pprof", "sched", "a"}, "KIND=OUT"},
		{[]string{"-pprof", "sched=", "a"}, "no name"},
		{[]string{"-pprof", "time=x", "a"}, "there is no kind \"time\""},
		{[]string{"-html", "", "a"}, "no name"},
		{[]string{"-prom", "-json", "a"}, "-json, -prom"},
		{[]string{"-prom", "-svg", "-", "a"}, "-prom, -svg -"},
		{[]string{"-png", "-", "a", "-pprof", "sched=-"}, "-png -, -pprof sched -"},
		{[]string{"-prom", "a", "b"}, "-prom is of one trace"},
		{[]string{"-html", "x", "a", "b"}, "-html is of one trace"},
		{[]string{"-pprof", "sched=x", "a", "b"}, "-pprof sched is of one trace"},
		{[]string{"-goroutine", "7", "a", "b"}, "-goroutine is of one trace"},
	} {
		o := start(nil, c.args...)
		require.Equal(t, statusBroken, o.status, c.args)
		require.Empty(t, o.out)
		require.Contains(t, o.errors, c.says, c.args)
		require.Contains(t, o.errors, "-h")
	}
}

// TestHelp: -h is for reading on a terminal of the usual size, or nearly, and has all flags and kinds.
func TestHelp(t *testing.T) {
	o := start(nil, "-h")
	require.Equal(t, outcome{statusFine, usage(), ""}, o)
	require.Equal(t, o, start(nil, "some.trace", "--help"))
	for _, flag := range []string{"-json", "-html", "-png", "-svg", "-pprof", "-prom", "-since", "-until", "-goroutine", "-min-severity", "-places"} {
		require.Contains(t, o.out, flag)
	}
	for _, k := range tracewatch.ProfileKinds() {
		require.Contains(t, o.out, "\n      "+string(k)+" ")
	}
	for line := range strings.Lines(o.out) {
		require.LessOrEqual(t, columns(strings.TrimSuffix(line, "\n")), 120, line)
	}
}

// TestOrder: flags mean the same before, between and after the files.
func TestOrder(t *testing.T) {
	for _, args := range [][]string{
		{"-json", "-goroutine", "7", "-min-severity", "critical", "-since", "1s", "-until=1m", "-html", "x", "-png", "-pic.png", "a"},
		{"a", "-json", "-goroutine", "7", "-min-severity", "critical", "-since", "1s", "-until=1m", "-html", "x", "-png", "-pic.png"},
		{"-json", "-goroutine", "7", "-html=x", "--png=-pic.png", "a", "-min-severity", "critical", "-since", "1s", "-until=1m"},
		{"-json", "-goroutine", "7", "-html=x", "--png=-pic.png", "-min-severity", "critical", "-since", "1s", "-until=1m", "--", "a"},
	} {
		o, err := parse(args)
		require.NoError(t, err)
		require.Equal(t, []string{"a"}, o.files)
		require.True(t, o.json)
		require.False(t, o.prom)
		require.Equal(t, detectors.GoID(7), o.goroutine)
		require.Equal(t, detectors.Critical, o.minSeverity)
		require.Equal(t, time.Second, o.since.offset)
		require.Equal(t, time.Minute, o.until.offset)
		require.Len(t, o.outputs, 2)
		require.Equal(t, "x", o.outputs[0].path)
		require.Equal(t, "-pic.png", o.outputs[1].path)
		require.Nil(t, o.stdout)
	}
	o, err := parse([]string{"a", "--", "-json"})
	require.NoError(t, err)
	require.Equal(t, []string{"a", "-json"}, o.files)
	require.False(t, o.json)
	o, err = parse([]string{"-", "-svg", "-"})
	require.NoError(t, err)
	require.Equal(t, []string{"-"}, o.files)
	require.Equal(t, "-svg", o.stdout.flag)
}
