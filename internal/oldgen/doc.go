// Package oldgen writes synthetic traces of the first format (Go 1.11 to 1.21), for tests:
// of its versions 11 and 19 there is no Go release here that would record one. [Trace]
// writes whatever it is told, [Random] a program that could have been.
//
// The format: a header, then batches. A batch begins with the P that wrote it and a time;
// its events' times count on from there. Strings are among them where they are first used,
// the clock's speed, the timers' goroutines and last of all the stacks at the end. An event's first byte is
// its type and in the upper two bits how many numbers follow the time, 3 for a length in
// bytes in front of all of them.
package oldgen
