package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/wording"
)

// letter returns the letter that stands for a dimension in a bar, so that it can be read without colours, and
// its colour.
func letter(d detectors.Dimension) (string, style) {
	switch d {
	case detectors.DimRunning:
		return "R", "30;42"
	case detectors.DimRunnable:
		return "W", "30;43" // waits for a P, as do the next and network_queue
	case detectors.DimPreempted:
		return "P", "30;43"
	case detectors.DimAssist:
		return "G", "30;45"
	case detectors.DimStopTheWorld:
		return "S", "30;45"
	case detectors.DimNetwork:
		return "N", "37;44"
	case detectors.DimNetworkQueue:
		return "Q", "30;43"
	case detectors.DimLock:
		return "L", "37;41"
	case detectors.DimChannel:
		return "C", "30;46"
	case detectors.DimSyscall:
		return "Y", "30;47"
	case detectors.DimSleep:
		return "Z", "37;100"
	default:
		return "?", "37;100"
	}
}

// bar writes what a duration was made of, so many columns long: the dimensions in their order, each
// as long as its share. What is a third of a column and more has one.
func bar(parts *detectors.Parts, width int) (pieces []piece) {
	sum := parts.Sum()
	if sum <= 0 || width <= 0 {
		return nil
	}
	var lengths [detectors.NumDimensions]int
	left, largest := width, 0
	for d, part := range parts {
		exact := float64(part) / float64(sum) * float64(width)
		lengths[d] = int(exact + 2.0/3)
		left -= lengths[d]
		if part > parts[largest] {
			largest = d
		}
	}
	for left < 0 { // what was rounded up is taken from the longest
		longest := 0
		for d, n := range lengths {
			if n > lengths[longest] {
				longest = d
			}
		}
		lengths[longest]--
		left++
	}
	lengths[largest] += left
	for d, n := range lengths {
		if n > 0 {
			l, s := letter(detectors.Dimension(d))
			pieces = append(pieces, piece{strings.Repeat(l, n), s})
		}
	}
	return pieces
}

// largest returns the dimensions of a duration, the largest first, without what is less than a percent.
func largest(p *detectors.Parts) (dims []detectors.Dimension) {
	for d, part := range p {
		if part > 0 && 100*part >= p.Sum() {
			dims = append(dims, detectors.Dimension(d))
		}
	}
	slices.SortStableFunc(dims, func(a, b detectors.Dimension) int { return cmp.Compare(p[b], p[a]) })
	return dims
}

// legend says what a bar is made of, the largest first.
func legend(p *detectors.Parts) string {
	var all []string
	for _, d := range largest(p) {
		l, _ := letter(d)
		all = append(all, fmt.Sprintf("%s %s %s (%.0f%%)", l, d, wording.Duration(p[d]), 100*float64(p[d])/float64(max(p.Sum(), time.Nanosecond))))
	}
	return strings.Join(all, ", ")
}
