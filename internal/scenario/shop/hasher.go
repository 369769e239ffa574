package shop

import (
	"crypto/sha256"
	"sync"
)

// hasher is a pool of workers that take jobs from a channel.
type hasher struct {
	jobs    chan hashJob
	workers sync.WaitGroup
}

type hashJob struct {
	key  string
	done chan []byte
}

func newHasher() *hasher {
	h := &hasher{jobs: make(chan hashJob)}
	for range 4 {
		h.workers.Go(h.work)
	}
	return h
}

// sum has a worker digest key and waits for the result.
func (h *hasher) sum(key string) []byte {
	done := make(chan []byte, 1)
	h.jobs <- hashJob{key, done}
	return <-done
}

// work hashes a few thousand times over, as those do who store passwords.
func (h *hasher) work() {
	for job := range h.jobs {
		sum := sha256.Sum256([]byte(job.key))
		for range 6000 {
			sum = sha256.Sum256(sum[:])
		}
		job.done <- sum[:]
	}
}

// stop must not be called before the last sum has returned.
func (h *hasher) stop() {
	close(h.jobs)
	h.workers.Wait()
}
