package host

import (
	"bytes"
	"path/filepath"
	"syscall"
	"time"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

// threads follows how long each thread of the process waited for a CPU.
type threads struct {
	dir   string // /proc/self/task
	names []string
	of    map[string]*thread
	sum   sum
	round uint64
}

// A thread is one of them.
type thread struct {
	file  string // its schedstat
	delay time.Duration
	round uint64 // in which it was last there
}

func newThreads(dir string) threads { return threads{dir: dir, of: make(map[string]*thread)} }

// read returns how long all threads waited, of which those that have ended since stay. That
// is unknown where there are too many threads, and where none of them ever ran: some sandboxes
// have the files and fill them with zeros.
func (t *threads) read(room []byte) detectors.Counter[time.Duration] {
	if !t.list(room) {
		return detectors.Counter[time.Duration]{}
	}
	t.round++
	var ran bool
	for _, name := range t.names {
		th := t.of[name]
		if th == nil {
			th = &thread{file: filepath.Join(t.dir, name, "schedstat")}
			t.of[name] = th
		}
		run, delay, ok := schedstat(readFile(th.file, room))
		if !ok {
			continue // it has ended
		}
		t.sum.last = th.delay
		t.sum.add(delay) // if less than before, it is another thread with the number
		th.delay, th.round = delay, t.round
		ran = ran || run > 0
	}
	for name, th := range t.of {
		if th.round != t.round {
			delete(t.of, name)
		}
	}
	if !ran {
		return detectors.Counter[time.Duration]{}
	}
	return detectors.Count(t.sum.total)
}

// list lists the threads. It returns false if it cannot, or if they are too many.
func (t *threads) list(room []byte) bool {
	t.names = t.names[:0]
	fd, err := open(t.dir)
	if err != nil {
		return false
	}
	defer func() { _ = syscall.Close(fd) }() // it was only read
	for len(t.names) <= limits.ThreadsRead {
		n, err := syscall.ReadDirent(fd, room)
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil:
			return false
		case n <= 0:
			return true
		}
		_, _, t.names = syscall.ParseDirent(room[:n], -1, t.names)
	}
	return false
}

// schedstat reads the file of a thread: how long it ran, how long it waited to, and how often
// it ran (Documentation/scheduler/sched-stats.rst), on one line.
func schedstat(text []byte) (run, delay time.Duration, ok bool) {
	first, _, _ := bytes.Cut(text, []byte("\n"))
	a, rest := word(first)
	b, _ := word(rest)
	run, ok = length(a, time.Nanosecond)
	delay, ok2 := length(b, time.Nanosecond)
	return run, delay, ok && ok2
}
