package main

import (
	"os"
	"syscall"
)

// peakMemory returns the most bytes that a process had resident at once.
func peakMemory(p *os.ProcessState) int64 {
	usage, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return int64(usage.Maxrss) << 10 // Linux counts in units of 1024 bytes
}
