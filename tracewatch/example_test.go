package tracewatch_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"runtime/trace"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/tracewatch"
)

// A service starts the watcher once, in main.
func ExampleStart() {
	ctx := context.Background()
	w, err := tracewatch.Start(ctx,
		tracewatch.OnAnomaly(func(_ context.Context, a *tracewatch.Anomaly) {
			log.Printf("%s at %s: %s", a.Kind, a.Site, a.Summary)
		}))
	if err != nil {
		log.Print(err)
		return
	}
	defer w.Stop()

	// … the service …

	fmt.Println("anomalies:", len(w.Anomalies()))
	// Output: anomalies: 0
}

// A trace file is judged as the watcher would have judged it.
func ExampleAnalyze() {
	var file bytes.Buffer // or os.Open("trace.out")
	if err := trace.Start(&file); err != nil {
		log.Print(err)
		return
	}
	trace.Stop()

	report, err := tracewatch.Analyze(context.Background(), &file, tracewatch.WithDetectors(detectors.Default()...))
	if err != nil {
		log.Print(err) // the report, if there is one, holds what was whole
	}
	for _, a := range report.Anomalies {
		fmt.Println(a.Kind, a.Site, a.Summary)
	}
	fmt.Println("anomalies:", len(report.Anomalies))
	// Output: anomalies: 0
}

// Two traces of a service, before and after an upgrade, say what made it slower.
func ExampleCompare() {
	read := func(trace io.Reader) *tracewatch.Report {
		report, err := tracewatch.Analyze(context.Background(), trace)
		if err != nil {
			log.Print(err)
		}
		return report
	}
	before, after := read(beforeUpgrade()), read(afterUpgrade())
	fmt.Println(tracewatch.Compare(before, after).Verdict.Sentence)
	// Output: the P99 of GET / rose from 1 ms to 41 ms: 100% of that is waiting for the network, in main.query; 0% is not explained
}
