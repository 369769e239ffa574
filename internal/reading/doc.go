// Package reading is the text form of a [detectors.Reading]: one short line, which the
// watch writes into the trace with runtime/trace.Log, so that whoever reads the trace
// later, from a dump on another machine, knows what the machine was like.
//
//	v1 cpu=81250000 thr=2,118,7,93000000,1.5 psi=4120000 delay=977000 steal=0 clock=tsc lost=1,0,0 told=1
//
// Each field is a name and numbers: times in nanoseconds, counts, and CPUs for the limit
// at the end of thr. What is unknown is left out, and so are losses of which there are none.
// A later release may add fields, and numbers at the end of a field: both are passed over. What
// changes the meaning of a field has to change the version at the beginning.
package reading
