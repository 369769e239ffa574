package tracewatch_test

import (
	"bytes"
	"context"
	"fmt"
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
