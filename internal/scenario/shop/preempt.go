package shop

import (
	"context"
	"crypto/sha1"
	"time"
)

// snapshotTime is how long one checksum should take, on whatever machine this is.
const snapshotTime = 100 * time.Millisecond

func preemptSpec() spec {
	return spec{
		doc:     "A checksum of a whole snapshot runs for a tenth of a second in assembly, where the runtime cannot preempt it.",
		site:    sitePrefix + "checksumSnapshot",
		prepare: preparePreempt,
	}
}

func preparePreempt() change {
	snapshot := make([]byte, snapshotSize())
	checksumSnapshot(snapshot) // touches every page, which would double the first run
	return change{run: func(ctx context.Context) { checksumOften(ctx, snapshot) }}
}

// snapshotSize measures how much this machine hashes in snapshotTime.
func snapshotSize() int {
	const (
		sample = 32 << 20
		least  = 32 << 20
		most   = 512 << 20
	)
	buf := make([]byte, sample)
	checksumSnapshot(buf) // touches every page
	begin := time.Now()
	checksumSnapshot(buf)
	took := max(time.Since(begin), time.Microsecond)
	return min(max(int(sample*snapshotTime/took), least), most)
}

// checksumOften checksums the snapshot four times a second.
func checksumOften(ctx context.Context, snapshot []byte) {
	ticker := time.NewTicker(250 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			checksumSnapshot(snapshot)
		}
	}
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
