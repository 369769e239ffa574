package main

import "strings"

// usage is what -h prints.
func usage() string {
	return strings.Replace(help, "KINDS\n", profileKinds(), 1)
}

const help = `Tracereport reads an execution trace of Go, 1.11 or newer, and says what was wrong, why, and where the time went.

  go run ./examples/tracereport FILE                        what was found, requests, places in the code
  go run ./examples/tracereport BEFORE AFTER                what became slower, and why
  go run ./examples/tracereport -json FILE | jq .anomalies  for programs: one JSON document
  go run ./examples/tracereport -html page.html FILE        to look at in a browser, or to send to somebody
  go run ./examples/tracereport -since 2s -until 3s FILE    a part of it
  go run ./examples/tracereport -goroutine 717 FILE         what one goroutine did
  go run ./examples/tracereport -prom FILE                  its metrics, for Prometheus
  curl -s HOST/debug/pprof/trace?seconds=5 | go run ./examples/tracereport -

  if go run ./examples/tracereport -min-severity critical FILE; then echo fine; fi

Where traces come from:

  go test -trace FILE                  of a test
  curl -o FILE HOST/debug/pprof/trace  of a service with net/http/pprof
  tracewatch.WithDumpDir               of a service that tracewatch watches: what proves an anomaly

The flags, which may also come after the files (-- ends them):

  -min-severity S  what counts as a finding: info (all; the default), warning or critical
  -since T         from there on, -until T: up to there. T is a time since the trace's beginning (2.5s, 1m), or a
                   time of day where the trace tells that (Go 1.25 and newer): 15:04:05, 2026-11-22T08:36:59Z.
                   The totals are of all of the trace.
  -places=false    leave out what goroutines did at each place in the code: reading takes half as long
  -goroutine ID    print what that goroutine did, instead of all but what was found

What standard output gets instead of the text, one of them:

  -json            one JSON document, with all there is. Durations, and moments of the trace's clock, are nanoseconds.
                   Of two files it has "before", "after" and "comparison".
  -prom            the metrics that a watcher would have shown at the end of the trace, in the format of Prometheus

What is written besides, of one trace. If OUT is -, it is on standard output, instead of the text:

  -html OUT        the debug page of the trace, in one file
  -png OUT         the heat maps of scheduling delay: P by time, and delay by time
  -svg OUT         the same
  -pprof KIND=OUT  a profile for go tool pprof; may be given more than once. The kinds:
KINDS

A file that is written is there as a whole, or as it was before; only its owner may read it, as what a trace says is not
for everybody. The trace itself is never written to.

The exit status:

  0  nothing was found
  1  something was: an anomaly. Of two files: an anomaly in AFTER, or the comparison names what became slower
  2  something could not be done: wrong arguments, no trace, a trace that is broken somewhere (what is whole is
     printed, and says so), an output that could not be written, an interruption (then nothing is printed or written)

  go run makes a 1 of every status but 0: to tell 1 and 2 apart, go build ./examples/tracereport.

What the text has of a trace:

  findings    what tracewatch finds wrong, each with the place in the code, the numbers, why it was, and what to do
  requests    what the time of tasks and regions went to, as a bar with a letter for each dimension
  places      where goroutines waited for a P, ran and were blocked longest, and where they became more
  Ps          what the Ps were used for
  totals      sums over all goroutines, the runtime's own included, that every correct reader of the trace agrees with
              to the nanosecond; the documentation of tracewatch.Totals defines each
  trace       how much was read, and what could not be

It is as wide as the terminal, and has colours there, unless NO_COLOR is set. In a pipe no line is cut.
`
