// Package shop is a service to be watched: a real HTTP service on the loopback interface with
// two backends, a cache, a worker pool and its own load, and five faults, one of which it can be
// started with, or which can begin while it runs.
//
// Healthy, it uses a fifth or so of two cores and shows a watcher nothing to report, though it holds
// what a naive watcher mistakes for trouble: idle keep-alive connections, background readers, accept
// loops, tickers and short-lived goroutines. Each fault changes one thing in it:
//
//   - [Sched]: bursts of CPU-bound goroutines make everybody else wait for a P.
//   - [GCAssist]: goroutines that allocate fast on a big heap pay for its marking.
//   - [Netpoll]: the store answers a hundred times slower, and its callers wait in the network.
//   - [Preempt]: a function runs for many scheduler quanta where the runtime cannot stop it.
//   - [Leak]: goroutines block for ever because whoever should receive from them has left.
//
// The package depends on nothing else of the module but what a scenario is: it is the thing being
// watched.
package shop
