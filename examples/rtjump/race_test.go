//go:build race

package main

// least is what share of the jump the right dimension has to have. What the race detector does for each
// allocation is running time, so that of a jump that comes from allocations the GC has less.
const least = 0.5
