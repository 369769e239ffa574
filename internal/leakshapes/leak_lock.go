package leakshapes

import (
	"sync"
	"testing"
	"time"
)

func doubleLock() Shape {
	return Shape{
		Name:    "double-lock",
		Doc:     "A method that holds the lock calls another that takes it.",
		Source:  goker + ": moby#36114",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			vm := &serviceVM{disks: []string{"root"}}
			go vm.replaceDisk("root", "data") // stays
		},
	}
}

type serviceVM struct {
	mu    sync.Mutex
	disks []string
}

func (v *serviceVM) replaceDisk(old, by string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.removeDisk(old)
	v.disks = append(v.disks, by)
}

func (v *serviceVM) removeDisk(name string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for i, d := range v.disks {
		if d == name {
			v.disks = append(v.disks[:i], v.disks[i+1:]...)
			return
		}
	}
}

func readLockTwice() Shape {
	return Shape{
		Name:    "read-lock-twice",
		Doc:     "A reader takes the read lock again while a writer waits for it to let go.",
		Source:  tu + ": RWMutex; " + goker + ": cockroach#3710",
		Stays:   2,
		Forever: true,
		Run: func(testing.TB) {
			c := &rangeCache{ranges: map[string]string{"a": "node 1"}}
			reading := make(chan struct{})
			go c.lookUp("a", reading) // stays
			<-reading
			go c.evict("a") // stays
		},
	}
}

type rangeCache struct {
	mu     sync.RWMutex
	ranges map[string]string
}

func (c *rangeCache) lookUp(key string, reading chan<- struct{}) string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	close(reading)
	for c.mu.TryRLock() { // until the writer waits: then there are no new readers
		c.mu.RUnlock()
		time.Sleep(50 * time.Microsecond)
	}
	return c.rangeOf(key)
}

func (c *rangeCache) rangeOf(key string) string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.ranges[key]
}

func (c *rangeCache) evict(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.ranges, key)
}

func lockOrder() Shape {
	return Shape{
		Name:    "lock-order",
		Doc:     "Two transfers lock the same two accounts, each first the one that it takes from.",
		Source:  goker + ": AB-BA, as cockroach#10214 and moby#4951",
		Stays:   2,
		Forever: true,
		Run: func(testing.TB) {
			a, b := &account{owner: "Ada"}, &account{owner: "Grace"}
			met := new(sync.WaitGroup)
			met.Add(2)
			go transfer(a, b, 5, met) // stays
			go transfer(b, a, 3, met) // stays
		},
	}
}

type account struct {
	mu    sync.Mutex
	owner string
	money int
}

// transfer waits with one lock until the other transfer has one too.
func transfer(from, to *account, amount int, met *sync.WaitGroup) {
	from.mu.Lock()
	defer from.mu.Unlock()
	met.Done()
	met.Wait()
	to.mu.Lock()
	defer to.mu.Unlock()
	from.money -= amount
	to.money += amount
}

func lockNotReleased() Shape {
	return Shape{
		Name:    "lock-not-released",
		Doc:     "A clean-up that finds nothing to do returns with the lock.",
		Source:  goker + ": moby#17176",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			d := &deviceSet{names: []string{"sda"}}
			d.cleanDeleted()
			go d.remove("sda") // stays
		},
	}
}

type deviceSet struct {
	mu      sync.Mutex
	names   []string
	deleted []string
}

func (d *deviceSet) cleanDeleted() {
	d.mu.Lock()
	if len(d.deleted) == 0 {
		return
	}
	d.deleted = nil
	d.mu.Unlock()
}

func (d *deviceSet) remove(name string) {
	d.mu.Lock()
	d.deleted = append(d.deleted, name)
	d.mu.Unlock()
}

func lockOverSend() Shape {
	return Shape{
		Name:    "lock-over-send",
		Doc:     "A container's state changes with its lock held, and tells that to the monitor, which wants the lock to write down its last probe.",
		Source:  goker + ": moby#28462, channel and lock",
		Stays:   2,
		Forever: true,
		Run: func(testing.TB) {
			c := &container{probed: make(chan bool), stop: make(chan struct{})}
			go c.monitor()      // stays
			go c.stateChanged() // stays
		},
	}
}

type container struct {
	mu      sync.Mutex
	healthy bool
	probed  chan bool
	stop    chan struct{}
}

func (c *container) monitor() {
	for {
		select {
		case <-c.stop:
			return
		case c.probed <- true:
		}
		c.mu.Lock()
		c.healthy = true
		c.mu.Unlock()
	}
}

func (c *container) stateChanged() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if <-c.probed {
		c.stop <- struct{}{}
	}
}
