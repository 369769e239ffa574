// Package tracewatch watches the Go process it is in through the runtime's execution
// trace, and says why response time jumped, where in the code, and with which bytes of
// trace to prove it.
//
// A service calls [Start] once, in main:
//
//	w, err := tracewatch.Start(ctx,
//		tracewatch.WithDumpDir("traces"),
//		tracewatch.OnAnomaly(func(ctx context.Context, a *tracewatch.Anomaly) {
//			slog.Warn("anomaly", "kind", a.Kind, "site", a.Site, "summary", a.Summary, "dump", a.Dump())
//		}),
//	)
//	if err != nil {
//		return err
//	}
//	defer w.Stop()
//
// From then on the runtime's flight recorder runs. About once a second the watcher
// takes what is new, decodes every event of it, and lets the detectors (package
// [github.com/gotracewatch/tracewatch/detectors]) judge each window. What they find and
// the limits let pass is an [Anomaly]: it is kept, written to the dump directory with
// the trace it was found in, and given to the callbacks. Sums and counts of all
// observations go out as OpenTelemetry metrics.
//
// [Analyze] runs the same engine on a file. The same bytes give the same anomalies:
// Analyze on a dump finds what the watcher found. Besides, it makes [Totals], which any
// other correct reader of the file agrees with to the nanosecond.
//
// # Why
//
// An anomaly is explained from the same bytes, in a second pass: [Anomaly.Explanation] says who
// ended the wait of its goroutine and what that one did meanwhile, down to the root, and who had the Ps. A
// [Report] has what the time of each request went to ([Report.Requests]), and [Compare] what of a
// jump of response time each dimension and each place explains. Requests are the tasks of
// [runtime/trace], which OpenTelemetry's SDK makes of spans, and package
// [github.com/gotracewatch/tracewatch/tracewatch/tracewatchhttp] of HTTP requests.
//
// # See it
//
// Handler in package tracewatchhttp is a page with all of this, for the service's own mux. What it shows can be
// asked for directly: [Watcher.Heat] is what its heat maps are drawn from, [Watcher.Health] how the watch itself is doing,
// and [Watcher.Recording] the trace in memory, which can be cut, written, reported on, and asked who waited for
// a P in a cell of the heat map. Options make a report have more than the sums of each window: [WithPlaces], [WithHotCells],
// [WithGoroutine], [WithProfiles].
//
// # What it costs
//
// Recording costs the service about 100 ns for each event (a goroutine's start, stop,
// block, wake-up, system call), and reading it about half of that again. [Stats] has the
// watcher's own CPU time, read from the same trace. In memory there are the trace of the last half minute (see
// [WithHistory]) and ten minutes of heat maps, of a byte for each P and 10 ms: 0.2 MB for 2 Ps, 4 MB for 64.
//
// # What it does not do
//
// It opens no connection, reads no environment variable, keeps no state outside the
// Watcher, and writes no file unless it is given a directory. A panic in a detector or
// callback is caught; after three the offender is switched off. Tracing itself
// can fault in a binary whose frame pointers are broken (golang/go#75478, #73664,
// #61766: assembly or C code that uses the register for something else);
// GODEBUG=tracefpunwindoff=1 avoids that.
package tracewatch
