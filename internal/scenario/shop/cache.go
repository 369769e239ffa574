package shop

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// itemLife is how long the cache keeps an item.
const itemLife = 2 * time.Second

// The catalogue is what a service of this kind holds in memory. Its size sets the pace of the
// collector, which would run several times a second on a heap of a few megabytes.
const (
	catalogueEntry   = "An article of good make, sold by the piece, sent within a day of the order. "
	catalogueEntries = 32 << 20 / len(catalogueEntry)
)

// cache holds items behind one mutex. Its keys come from the load, which uses a bounded number.
type cache struct {
	catalogue string

	mu    sync.Mutex
	items map[string]cached
}

type cached struct {
	item    item
	expires time.Time
}

func newCache() *cache {
	return &cache{
		catalogue: strings.Repeat(catalogueEntry, catalogueEntries),
		items:     map[string]cached{},
	}
}

// get returns the item, making it up if the cache has none.
func (c *cache) get(id string) item {
	c.mu.Lock()
	e, ok := c.items[id]
	c.mu.Unlock()
	if ok {
		return e.item
	}
	// Made outside the lock: two callers may do the same work, but neither holds the others up.
	it := c.makeItem(id)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.items[id] = cached{it, time.Now().Add(itemLife)}
	return it
}

func (c *cache) expire(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, e := range c.items {
		if now.After(e.expires) {
			delete(c.items, id)
		}
	}
}

func (c *cache) makeItem(id string) item {
	at := rand.N(catalogueEntries) * len(catalogueEntry)
	it := item{
		ID:    id,
		Text:  c.catalogue[at : at+len(catalogueEntry)],
		Attrs: map[string]string{},
	}
	for i := range 12 {
		it.Tags = append(it.Tags, fmt.Sprintf("tag-%s-%d", id, i))
		it.Attrs[fmt.Sprintf("attr-%d", i)] = fmt.Sprintf("value %d of item %s", i, id)
	}
	return it
}
