//go:build !linux

package main

import "os"

// peakMemory would return the most bytes that a process had resident at once.
func peakMemory(*os.ProcessState) int64 { return 0 }
