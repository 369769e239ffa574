package sick

import (
	"context"
	"path/filepath"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// clockSource is where Linux names the source of its clock.
const clockSource = "sys/devices/system/clocksource/clocksource0/current_clocksource"

func clockGivenUp() scenario.Scenario {
	return clockScenario("kernel-gives-up-tsc",
		"The kernel finds the processor's counter unstable while the program runs, and takes a slower clock source for good.",
		func(s *stage, path string, strength scenario.Strength) error {
			return replaceFile(path, pick(strength, "hpet\n", "acpi_pm\n"))
		})
}

func clockFlips() scenario.Scenario {
	return clockScenario("clock-source-flips",
		"The clock source changes to another and back again and again.",
		func(s *stage, path string, strength scenario.Strength) error {
			// Not in step with anybody who looks once a second.
			period := pick(strength, 3700*time.Millisecond, 1300*time.Millisecond)
			s.running.Go(func() { s.flip(path, period) })
			return nil
		})
}

// clockScenario describes a program on a machine whose clock source changes. Only the file that says
// so can be imitated: the clocks themselves do not drift here.
func clockScenario(name, doc string, fault func(*stage, string, scenario.Strength) error) scenario.Scenario {
	root := hostRoot(name)
	return scenario.Scenario{
		Name:  name,
		Doc:   doc,
		Kind:  "clock-drift",
		Watch: scenario.Watch{HostRoot: root},
		Start: func(ctx context.Context) (scenario.Program, error) {
			s := newStage(ctx)
			err := s.imitate(root, map[string]string{
				clockSource: "tsc\n",
				filepath.ToSlash(filepath.Join(filepath.Dir(clockSource), "available_clocksource")): "tsc hpet acpi_pm\n",
			})
			if err != nil {
				return s.abandon(err)
			}
			if err := s.witness(); err != nil {
				return s.abandon(err)
			}
			s.fault = func(strength scenario.Strength) error {
				return fault(s, filepath.Join(root, filepath.FromSlash(clockSource)), strength)
			}
			return s, nil
		},
	}
}

// flip changes the clock source every so often.
func (s *stage) flip(path string, period time.Duration) {
	ticker := time.NewTicker(period)
	defer ticker.Stop()
	sources := []string{"hpet\n", "tsc\n"}
	for i := 0; ; i++ {
		s.fail(replaceFile(path, sources[i%len(sources)]))
		select {
		case <-s.ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
