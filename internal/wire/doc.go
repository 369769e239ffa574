// Package wire reads the bytes of Go's execution traces, second format (Go 1.22 and
// newer): it cuts a stream into generations ([Splitter]), sorts a generation's batches
// ([Parse]), reads the events of each thread ([Cursor]) and the tables of strings
// and stacks when somebody asks. It knows what is written, not what it means: that is
// package timeline's.
//
// A trace is a header and then generations, of about a second each, numbered without
// holes. A generation is a run of batches of at most 64 KiB; each holds events of one
// thread, or a piece of a table. Everything in it is a varint; an event's time counts
// on from the one before it in its batch. Events of different threads are not in
// order.
//
// Nothing here trusts the bytes: each number meets a bound (package limits) before
// memory is taken for it, and an error says at which byte the trace is broken.
package wire
