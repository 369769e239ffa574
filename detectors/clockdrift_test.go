package detectors_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/detectors/detectortest"
)

// TestClockSources: at the start only a slow clock is worth a word, on each architecture.
func TestClockSources(t *testing.T) {
	for source, expect := range map[string]string{
		"tsc":                         "silent",
		"kvm-clock":                   "silent",
		"hyperv_clocksource_tsc_page": "silent",
		"arch_sys_counter":            "silent",
		"timebase":                    "silent",
		"tod":                         "silent",
		"riscv_clocksource":           "silent",
		"Constant":                    "silent",
		"MIPS":                        "silent",
		"GIC":                         "silent",
		"hpet":                        `finding anywhere summary is "the kernel reads the time from hpet"`,
		"acpi_pm":                     `finding anywhere summary is "the kernel reads the time from acpi_pm"`,
		"hyperv_clocksource_msr":      `finding anywhere summary is "the kernel reads the time from hyperv_clocksource_msr"`,
		"jiffies":                     `finding anywhere summary is "the kernel reads the time from jiffies"`,
	} {
		require.NoError(t, detectortest.Check(detectors.ClockDrift{}, source, fmt.Appendf(nil, `goroutine watch begins github.com/gotracewatch/tracewatch/tracewatch.(*Watcher).loop parks "sleep" at sleep
at 900ms watch woken, +1us on P0, +1us log "tracewatch" "v1 clock=%s", +1us blocks "sleep"
expect %s
expect verdict note is "%s"
`, source, expect, source)))
	}
}
