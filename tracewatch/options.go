package tracewatch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
	"github.com/gotracewatch/tracewatch/internal/profiles"
)

// An Option changes how [Start] or [Analyze] works.
type Option interface{ apply(*config) error }

type optionFunc func(*config) error

func (f optionFunc) apply(c *config) error { return f(c) }

// config is what the options say.
type config struct {
	meters       metric.MeterProvider
	detectors    []detectors.Detector
	callbacks    []func(context.Context, *Anomaly)
	dumpDir      string
	dumpFiles    int
	dumpBytes    int64
	interval     time.Duration
	historyBytes int
	historyAge   time.Duration
	cooldown     time.Duration
	stream       bool
	hostRoot     string
	from         time.Duration
	to           time.Duration // 0: to the end
	places       bool
	hotCells     int
	goroutine    detectors.GoID // NoGoroutine: none
	profiles     []profiles.Kind
	log          *slog.Logger
}

// newConfig applies the options to the defaults. All that is wrong is said at once.
func newConfig(opts []Option) (*config, error) {
	c := &config{
		meters:       otel.GetMeterProvider(),
		detectors:    detectors.Default(),
		dumpFiles:    20,
		dumpBytes:    256 << 20,
		interval:     limits.MinPollInterval,
		historyBytes: 32 << 20,
		historyAge:   30 * time.Second,
		cooldown:     time.Minute,
		hostRoot:     "/",
		log:          slog.New(slog.DiscardHandler),
	}
	var errs []error
	for _, o := range opts {
		if o == nil {
			errs = append(errs, errors.New("an Option is nil"))
			continue
		}
		errs = append(errs, o.apply(c))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOption, err)
	}
	return c, nil
}

// WithMeterProvider sets where metrics go. The default is OpenTelemetry's global
// provider. Instruments are registered by Start and released by Stop; Analyze
// registers none.
func WithMeterProvider(mp metric.MeterProvider) Option {
	return optionFunc(func(c *config) error {
		if mp == nil {
			return errors.New("WithMeterProvider: nil")
		}
		c.meters = mp
		return nil
	})
}

// WithDetectors replaces the detectors. The default is [detectors.Default]; to add
// one's own, append it to that. Two of one kind are an error.
func WithDetectors(ds ...detectors.Detector) Option {
	return optionFunc(func(c *config) error {
		seen := make(map[string]bool)
		for _, d := range ds {
			if d == nil {
				return errors.New("WithDetectors: a detector is nil")
			}
			kind := d.Spec().Kind
			if err := checkKind(kind); err != nil {
				return fmt.Errorf("WithDetectors: %w", err)
			}
			if seen[kind] {
				return fmt.Errorf("WithDetectors: two detectors of kind %q", kind)
			}
			seen[kind] = true
		}
		c.detectors = ds
		return nil
	})
}

// checkKind holds kinds to what fits into a metric's attribute and a file's name.
func checkKind(kind string) error {
	if kind == "" || len(kind) > 40 {
		return fmt.Errorf("a kind has 1 to 40 letters, %q has %d", kind, len(kind))
	}
	for _, r := range kind {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return fmt.Errorf("kind %q: only a-z, 0-9 and hyphens", kind)
		}
	}
	return nil
}

// OnAnomaly calls f for each anomaly. Callbacks run one after another on a goroutine
// of their own, after the dump is written: f may block, but while it does further
// anomalies queue up, and when the queue is full they are dropped and counted. ctx
// ends when the watcher stops. The anomaly may be kept; its trace is in memory
// only until f returns. A panic in f is caught and counted; after three f is not
// called any more. May be given more than once. Analyze calls f on its own goroutine.
func OnAnomaly(f func(ctx context.Context, a *Anomaly)) Option {
	return optionFunc(func(c *config) error {
		if f == nil {
			return errors.New("OnAnomaly: nil")
		}
		c.callbacks = append(c.callbacks, f)
		return nil
	})
}

// WithDumpDir writes the trace of each anomaly into a directory, which is made if it
// is not there: NAME.trace, for go tool trace and for Analyze, with NAME.json, the
// finding and its evidence, beside it. A gc-assist has NAME.allocs.pb.gz too, for go tool
// pprof: what was allocated meanwhile. All are readable by their owner only: a
// trace holds function names, file paths and what the program logs into it. By
// default nothing is written. Analyze writes no dumps.
func WithDumpDir(dir string) Option {
	return optionFunc(func(c *config) error {
		if dir == "" {
			return errors.New("WithDumpDir: the directory has no name")
		}
		c.dumpDir = dir
		return nil
	})
}

// WithDumpLimits bounds what stays in the dump directory: the oldest dumps beyond
// that many, or beyond that many bytes in all, are removed. The default is 20 dumps
// and 256 MiB. Only files that tracewatch named are counted and removed.
func WithDumpLimits(dumps int, bytes int64) Option {
	return optionFunc(func(c *config) error {
		if dumps < 1 || bytes < 1 {
			return fmt.Errorf("WithDumpLimits: %d dumps of %d bytes; both must be at least 1", dumps, bytes)
		}
		c.dumpFiles, c.dumpBytes = dumps, bytes
		return nil
	})
}

// WithPollInterval sets how often the recorder is asked for what is new. The default
// and the least is one second: each time, the runtime lists every goroutine anew. It
// grows by itself with the number of goroutines.
func WithPollInterval(d time.Duration) Option {
	return optionFunc(func(c *config) error {
		if d < limits.MinPollInterval || d > time.Minute {
			return fmt.Errorf("WithPollInterval: %v; from %v to %v", d, limits.MinPollInterval, time.Minute)
		}
		c.interval = d
		return nil
	})
}

// WithHistory sets how much of the trace that was analysed stays in memory, for
// dumps and [Watcher.WriteTrace]: at most that many bytes, and no more than that
// much time, but always the newest generation. The default is 32 MiB and 30 seconds.
// The runtime's recorder holds up to as many bytes again. A detector looks back up to
// ten seconds; with less history than that a dump may not show the whole finding.
func WithHistory(bytes int, age time.Duration) Option {
	return optionFunc(func(c *config) error {
		if bytes < 1<<20 || bytes > 1<<30 {
			return fmt.Errorf("WithHistory: %d bytes; from 1 MiB to 1 GiB", bytes)
		}
		if age < time.Second || age > time.Hour {
			return fmt.Errorf("WithHistory: %v; from 1 s to 1 h", age)
		}
		c.historyBytes, c.historyAge = bytes, age
		return nil
	})
}

// WithCooldown sets how long, on the trace's clock, a kind of finding at one site stays
// quiet after it was reported. One at least twice as bad is reported all the same.
// The default is one minute. 0 reports every window's.
func WithCooldown(d time.Duration) Option {
	return optionFunc(func(c *config) error {
		if d < 0 {
			return fmt.Errorf("WithCooldown: %v is negative", d)
		}
		c.cooldown = d
		return nil
	})
}

// WithStream takes the trace from runtime/trace.Start instead of the flight recorder:
// each generation comes once and none is forced. It takes the slot that
// /debug/pprof/trace and vendors' agents use. Analyze does not care.
func WithStream() Option {
	return optionFunc(func(c *config) error {
		c.stream = true
		return nil
	})
}

// WithHostRoot sets the directory below which the machine's /proc and /sys are, where
// the watcher reads how the cgroup was throttled and what the time is read from. The
// default is "/". It is for a container in which the host's are mounted elsewhere; Analyze
// takes what the watcher wrote into the trace.
func WithHostRoot(dir string) Option {
	return optionFunc(func(c *config) error {
		if dir == "" {
			return errors.New("WithHostRoot: the directory has no name")
		}
		c.hostRoot = dir
		return nil
	})
}

// WithLogger sets where the watcher says what happens to it: dumps that could not be
// written, detectors that panicked. By default it is silent.
func WithLogger(l *slog.Logger) Option {
	return optionFunc(func(c *config) error {
		if l == nil {
			return errors.New("WithLogger: nil")
		}
		c.log = l
		return nil
	})
}

// Between makes a [Report] be of the time between two moments, both since the trace's first event; a to of 0
// is its end. It has the anomalies that overlap with that time, the requests, the waits and the runs that
// ended in it, and of what is counted by the window (Uses, Heat) the windows that lie there at least in part:
// a window is a generation of about a second. The detectors judge all of the trace all the same, and
// Totals are of all of it. Two reports of one trace, each of another time, can be compared by
// [Compare]. It is for Analyze.
func Between(from, to time.Duration) Option {
	return optionFunc(func(c *config) error {
		if from < 0 || to < 0 || to != 0 && to <= from {
			return fmt.Errorf("Between: from %v to %v: from must not be negative, and to must be after it, or 0 for the trace's end", from, to)
		}
		c.from, c.to = from, to
		return nil
	})
}

// WithPlaces makes a [Report] have what goroutines did at each site. Reading takes half as long again. It
// is for Analyze.
func WithPlaces() Option {
	return optionFunc(func(c *config) error {
		c.places = true
		return nil
	})
}

// WithHotCells makes a [Report] have the hottest cells of the heat map, at most n, with what is behind them.
// Each window's hottest one is a candidate. It is for Analyze.
func WithHotCells(n int) Option {
	return optionFunc(func(c *config) error {
		if n < 0 || n > limits.HotCells {
			return fmt.Errorf("WithHotCells: %d; from 0 to %d", n, limits.HotCells)
		}
		c.hotCells = n
		return nil
	})
}

// WithGoroutine makes a [Report] have what one goroutine did. It is for Analyze.
func WithGoroutine(id detectors.GoID) Option {
	return optionFunc(func(c *config) error {
		if id <= 0 {
			return fmt.Errorf("WithGoroutine: %d; goroutines are numbered from 1", id)
		}
		c.goroutine = id
		return nil
	})
}

// WithProfiles makes a [Report] have profiles, for [Report.WriteProfile]. It is for Analyze.
func WithProfiles(kinds ...ProfileKind) Option {
	return optionFunc(func(c *config) error {
		for _, k := range kinds {
			c.profiles = append(c.profiles, profiles.Kind(k))
		}
		if _, err := profiles.New(detectors.NewCode(), c.profiles...); err != nil {
			return fmt.Errorf("WithProfiles: %w", err)
		}
		return nil
	})
}
