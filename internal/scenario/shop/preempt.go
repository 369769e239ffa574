package shop

import (
	"context"
	"crypto/sha1"
	"time"

	"github.com/gotracewatch/tracewatch/internal/scenario"
)

// These are how long one checksum takes at least, on whatever machine this is. The runtime would
// stop it after ten milliseconds.
const (
	mildSnapshot   = 60 * time.Millisecond
	severeSnapshot = 120 * time.Millisecond
)

func preemptSpec() spec {
	return spec{
		doc:     "A checksum of a whole snapshot runs for many scheduler quanta in assembly, where the runtime cannot preempt it.",
		site:    sitePrefix + "checksumSnapshot",
		prepare: preparePreempt,
	}
}

func preparePreempt(strength scenario.Strength) change {
	took := mildSnapshot
	if strength == scenario.Severe {
		took = severeSnapshot
	}
	snapshot := make([]byte, snapshotSize(took))
	checksumSnapshot(snapshot) // touches every page, which would double the first run
	return change{run: func(ctx context.Context) { checksumOften(ctx, snapshot) }}
}

// snapshotSize measures how much this machine hashes in a time. The fastest of some passes counts:
// what else the machine does would make the others too short.
func snapshotSize(want time.Duration) int {
	const (
		sample = 4 << 20
		most   = 512 << 20
	)
	buf := make([]byte, sample)
	took := time.Hour
	for range 8 {
		begin := time.Now()
		checksumSnapshot(buf)
		took = min(took, time.Since(begin))
	}
	return min(int(sample*want/max(took, time.Microsecond)), most)
}

// checksumOften checksums the snapshot four times a second.
func checksumOften(ctx context.Context, snapshot []byte) {
	scenario.Every(ctx, 250*time.Millisecond, func() { checksumSnapshot(snapshot) })
}

// checksumSnapshot hashes the snapshot in one call. Go preempts a goroutine asynchronously in
// compiled code, but not in assembly (isAsyncSafePoint in runtime/preempt.go), and SHA-1 on amd64
// and arm64 hands all of its input to one assembly routine; SHA-256 and MD5 take 64 KiB at a time
// to avoid just this. On machines without such a routine it can be preempted.
//
// Whoever wants to stop the world waits for the routine too: a collection that begins meanwhile
// shows a long stop-the-world pause, and that is true. It is rare, because the snapshot has no
// pointers and its size raises the heap goal.
//
//go:noinline
func checksumSnapshot(snapshot []byte) [sha1.Size]byte {
	return sha1.Sum(snapshot)
}
