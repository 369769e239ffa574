package detectors_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
)

// The strings are those of runtime/traceruntime.go: the reasons to block of Go 1.22 to
// 1.26, and the reasons to stop.
func TestReason(t *testing.T) {
	for _, c := range []struct {
		text   string
		reason detectors.Reason
		cause  string
	}{
		{"", detectors.ReasonNone, "other"},
		{"unspecified", detectors.ReasonUnspecified, "other"},
		{"forever", detectors.ReasonForever, "chan_receive"},
		{"network", detectors.ReasonNetwork, "network"},
		{"select", detectors.ReasonSelect, "select"},
		{"sync.(*Cond).Wait", detectors.ReasonCond, "lock"},
		{"sync", detectors.ReasonSync, "lock"},
		{"chan send", detectors.ReasonChanSend, "chan_send"},
		{"chan receive", detectors.ReasonChanReceive, "chan_receive"},
		{"GC mark assist wait for work", detectors.ReasonAssist, "gc"},
		{"GC background sweeper wait", detectors.ReasonSweep, "gc"},
		{"system goroutine wait", detectors.ReasonSystem, "other"},
		{"preempted", detectors.ReasonPreempted, "gc"},
		{"wait for debug call", detectors.ReasonDebugCall, "other"},
		{"wait until GC ends", detectors.ReasonUntilGCEnds, "gc"},
		{"sleep", detectors.ReasonSleep, "sleep"},
		{"GC weak to strong wait", detectors.ReasonWeakToStrong, "gc"},
		{"synctest", detectors.ReasonSynctest, "other"},
		{"runtime.Gosched", detectors.ReasonGosched, "other"},
	} {
		require.Equal(t, c.reason, detectors.ParseReason(c.text), c.text)
		require.Equal(t, c.text, c.reason.String())
		require.Equal(t, c.cause, c.reason.Cause().String(), c.text)
	}
	require.Equal(t, detectors.ReasonOther, detectors.ParseReason("what Go 1.40 waits for"))
	require.Equal(t, detectors.ReasonOther, detectors.ParseReason("Network"), "as it is written")
	require.Equal(t, "other", detectors.ReasonOther.String())
	require.Equal(t, "other", detectors.NumReasons.String())
	require.Equal(t, detectors.CauseOther, detectors.NumReasons.Cause())
}

func TestCauseNames(t *testing.T) {
	seen := make(map[string]bool)
	for c := detectors.CauseOther; c < detectors.NumCauses; c++ {
		require.False(t, seen[c.String()], c.String())
		seen[c.String()] = true
	}
	require.Equal(t, "syscall", detectors.NumCauses.String())
}

func TestStateNames(t *testing.T) {
	var gs, ps, classes []string
	for s := detectors.Undetermined; s <= detectors.Syscall+1; s++ {
		gs = append(gs, s.String())
	}
	require.Equal(t, []string{"undetermined", "not-exist", "runnable", "running", "waiting", "syscall", "undetermined"}, gs)
	for s := detectors.ProcUndetermined; s <= detectors.ProcIdle+1; s++ {
		ps = append(ps, s.String())
	}
	require.Equal(t, []string{"undetermined", "not-exist", "running", "idle", "undetermined"}, ps)
	for c := detectors.ClassUser; c <= detectors.ClassWatch; c++ {
		classes = append(classes, c.String())
	}
	require.Equal(t, []string{"user", "system", "watch"}, classes)
}

func TestSeverityInJSON(t *testing.T) {
	text, err := json.Marshal([]detectors.Severity{detectors.Info, detectors.Warning, detectors.Critical})
	require.NoError(t, err)
	require.JSONEq(t, `["info","warning","critical"]`, string(text))
}

func TestTime(t *testing.T) {
	at := detectors.Time(1_000)
	require.Equal(t, detectors.Time(3_000), at.Add(2*time.Microsecond))
	require.Equal(t, -2*time.Microsecond, at.Sub(at.Add(2*time.Microsecond)))
	w := detectors.Window{Start: at, End: at.Add(time.Second)}
	require.Equal(t, time.Second, w.Duration())
}

func TestKinds(t *testing.T) {
	set := detectors.Set(detectors.GoCreate, detectors.Experimental)
	for k := range detectors.NumKinds {
		require.Equal(t, k == detectors.GoCreate || k == detectors.Experimental, set.Has(k))
	}
	require.LessOrEqual(t, int(detectors.NumKinds), 64, "a set has no more bits")
	require.Zero(t, detectors.Set())
}

// A timer or the poller is nobody's goroutine.
func TestFromTimer(t *testing.T) {
	for _, c := range []struct {
		o    detectors.Observation
		want bool
	}{
		{detectors.Observation{Kind: detectors.GoUnpark}, true},
		{detectors.Observation{Kind: detectors.GoUnpark, By: 1}, false},
		{detectors.Observation{Kind: detectors.GoUnpark, ByStack: 1}, false},
		{detectors.Observation{Kind: detectors.GoCreate, To: detectors.Runnable}, true},
		{detectors.Observation{Kind: detectors.GoCreate, To: detectors.Syscall}, false}, // a C thread
		{detectors.Observation{Kind: detectors.GoStart}, false},
	} {
		require.Equal(t, c.want, c.o.FromTimer(), "%+v", c.o)
	}
}
