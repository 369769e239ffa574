// Package allocs tells which places of the program allocated in a window of time: the
// difference of two of the runtime's allocation profiles, as a profile that go tool pprof
// reads.
//
// The runtime samples one allocation for each [runtime.MemProfileRate] bytes, and counts since
// the process began. It shows a sample only when one or two garbage collections have
// ended since, so that what is allocated and what is freed fit together. So a difference
// is of a window that lies up to two collections before that of the snapshots: what was
// allocated last is missing, and what was allocated just before the first snapshot is
// in it. Nothing is forced, because a collection that the service did not ask for changes what
// is looked at. Where the collector is the question, several collections lie between the
// snapshots; else one that takes the second snapshot two collections later
// ([Snapshot.Collections]) misses nothing. The profile says how many there were.
//
// What of the window's allocations is still in use cannot be told from two snapshots, and the
// growth of what is in use, which could, may be negative and would be taken for what
// is in use. So only allocations are in it.
package allocs
