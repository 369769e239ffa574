// Package ancestry follows who started whom: for each goroutine of a trace the chain of go
// statements that led to it, through goroutines that have long ended. A stack dump names only the
// creator of each goroutine that is alive, and nobody knows who created that one once it is gone.
//
// A goroutine is remembered as long as it lives or something that descends from it does, so
// that the memory needed follows the number of goroutines alive. A chain that grows for ever (each
// starts the next at the same go statement, and ends) is kept as one link and a count.
package ancestry
