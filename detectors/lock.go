package detectors

// Lock is what kind of lock a goroutine waited for.
type Lock uint8

// The kinds of locks.
const (
	LockNone Lock = iota
	LockMutex
	LockRWMutex
	LockWaitGroup
	LockCond
	LockGC    // a semaphore of the garbage collector: to start a cycle, or to end it
	LockWorld // the right to stop the world
)

// String returns the kind's name.
func (l Lock) String() string {
	return [...]string{"none", "mutex", "rwmutex", "waitgroup", "cond", "gc", "world"}[min(l, LockWorld)]
}

// Excludes reports whether it is a lock that one holds and others wait for: a mutex, of
// which kind ever.
func (l Lock) Excludes() bool { return l == LockMutex || l == LockRWMutex }

// locks reports whether a function is one of those that lockOf looks for.
func locks(fn string) bool { return lockOf([]Frame{{Func: fn}}) != LockNone }

// lockOf tells from a stack which lock is waited for: the runtime gives one reason
// for all but cond.
func lockOf(frames []Frame) Lock {
	lock := LockNone
	for _, f := range frames {
		switch f.Func {
		case "sync.(*RWMutex).RLock", "sync.(*RWMutex).Lock":
			return LockRWMutex // it may wait in the Mutex that is inside it
		case "sync.(*Mutex).Lock", "sync.(*Mutex).lockSlow", "internal/sync.(*Mutex).Lock", "internal/sync.(*Mutex).lockSlow":
			lock = LockMutex
		case "sync.(*WaitGroup).Wait":
			return LockWaitGroup
		case "sync.(*Cond).Wait":
			return LockCond
		case "runtime.gcStart", "runtime.gcMarkDone":
			return LockGC
		case "runtime.stopTheWorld", "runtime.stopTheWorldGC":
			return LockWorld
		default:
			if lock != LockNone || !IsStandard(f.Func) {
				return lock
			}
		}
	}
	return lock
}
