// Package leakproof asks the runtime which goroutines can never be woken: those that wait for
// something that nothing else in the program can reach any more. Go 1.27 has the profile
// "goroutineleak" for that, Go 1.26 if it was built with
// GOEXPERIMENT=goroutineleakprofile. What it names is leaked for certain. What it does not
// name may be leaked all the same: a goroutine that waits for a channel in a global
// variable, for the network, or for time to pass is not judged.
//
// Asking runs a whole garbage collection, as runtime.GC does, which takes half as long again as
// another one; 100,000 leaked goroutines take 0.1 s and 25 MB more, to be counted. So nobody asks
// without a suspicion.
//
// The profile has three forms. The second text form (debug=2) is every goroutine's stack, also
// of those that are not leaked, with the number and the go statement of each; writing it
// stops the world for as long as that takes, and ends at 64 MB. The first (debug=1) and
// the protobuf form have only the leaked goroutines, without their number and their go
// statement, counted by stack, and cost the same. The protobuf form is read here: it has
// inlined functions and lines in fields of their own, where the text is made for eyes.
package leakproof
