// Package leakshapes has small programs, each as a test: those that leak goroutines, in the shapes
// that the published studies of Go's concurrency bugs found in services, and those that look as if
// they did. What finds leaks has to name every goroutine that stays, at the line that started it,
// and nothing else.
//
// In its source a program marks each line that starts goroutines which stay, by "// stays", or by
// "// stays 3" for three of them. [Shape.Marks] reads the marks.
//
// A leak does not depend on how fast the machine is, nor on what else runs: where one thing has to come
// before another, the program waits for it. Each leaks little, so that the whole table may run many
// times in one process.
package leakshapes
