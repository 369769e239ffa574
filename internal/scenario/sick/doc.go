// Package sick has the programs that are to be found out: each is healthy when it starts and has
// one fault, which begins with Break and is a fault on any machine, of one core or of
// sixty-four. What is needed of the machine is measured, or grows with GOMAXPROCS.
//
// For each kind of fault there are programs of different shape:
//
//   - sched-delay: [shop.Sched], bursts of CPU-bound goroutines; expensive-endpoint, a handler that
//     so many requests run at once that others of the same server wait.
//   - gc-assist: [shop.GCAssist], imports on a big heap of which the collector may let little grow;
//     cache-is-one-long-list, a heap that only one worker can mark; memory-limit-reached, cycles
//     back to back.
//   - netpoll-block: [shop.Netpoll], a slow store behind a growing pool of connections;
//     slow-database-behind-pool, workers with a connection each; slow-upstream, an HTTP client.
//   - preempt-rate: simulations-beside-service, goroutines that compute for seconds;
//     archives-compressed-in-process, a pool that a regular job keeps busy.
//   - preempt-failure: [shop.Preempt], assembly over a huge slice; raw-system-call, of which the
//     runtime does not know; starved-thread, whose CPU time other processes get. The last two are
//     for Linux.
//   - goroutine-leak: [shop.Leak], a send that nobody receives; context-never-cancelled, a select
//     that nobody can end any more, so that what leaked is left behind by Stop too.
//   - timer-storm: timers-aligned, goroutines with a timer each; retries-without-jitter, timers
//     that start goroutines.
//   - lock-contention: lock-held-over-query, a mutex; reload-under-write-lock, a writer and many
//     readers; logger-with-slow-sink, a lock of the standard library.
//   - stop-the-world: stacks-of-all-goroutines, a pause that is long itself; checksum-slow-to-stop,
//     one that waits for somebody who cannot be stopped.
//   - cpu-throttled: throttled-cgroup-v2 and throttled-cgroup-v1, imitations, for Linux: a child
//     process stops this one for a part of each tenth of a second and counts it in files
//     like the kernel's.
//   - clock-drift: kernel-gives-up-tsc and clock-source-flips, imitations of the file that names
//     the clock source. The clocks themselves do not drift.
//   - trace-gap: events-flood-recorder and events-flood-stream, more events than the watcher, who
//     is made slow and given little room, can collect.
//
// Beside its fault each has a small service of its own that suffers from it. Programs change the
// whole process while they run (its GC percentage, its number of Ps if that is one, its
// being stopped): one should run at a time.
package sick
