package leakshapes

import (
	"errors"
	"fmt"
	"testing"
)

func forgottenSender() Shape {
	return Shape{
		Name:    "forgotten-sender",
		Doc:     "An order's price is asked for while the order is checked, and when the check fails nobody takes the price.",
		Source:  saioc + ": premature function return",
		Stays:   1,
		Forever: true,
		Run: func(t testing.TB) {
			if _, err := priceOf(0); err == nil {
				t.Error("an order of nothing has a price")
			}
		},
	}
}

// priceOf says what so many pieces cost.
func priceOf(pieces int) (int, error) {
	each := make(chan int)
	go func() { each <- 3 }() // stays
	if pieces <= 0 {
		return 0, errors.New("nothing is ordered")
	}
	return pieces * <-each, nil
}

func earlyReturnPastReceive() Shape {
	return Shape{
		Name:    "early-return-past-receive",
		Doc:     "A page loads the user and the orders at once, and returns without the orders when there is no such user.",
		Source:  saioc + ": premature function return",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			loadPage(func() (string, bool) { return "", false }, func() []string { return []string{"book"} })
		},
	}
}

// loadPage asks both backends, each in a goroutine.
func loadPage(loadUser func() (string, bool), loadOrders func() []string) string {
	users, orders := make(chan string), make(chan []string)
	go func() {
		defer close(users)
		if name, ok := loadUser(); ok {
			users <- name
		}
	}()
	go func() { orders <- loadOrders() }() // stays
	user, ok := <-users
	if !ok {
		return "no such user"
	}
	return fmt.Sprint(user, <-orders)
}

func forgottenReceiver() Shape {
	return Shape{
		Name:    "forgotten-receiver",
		Doc:     "Who loads the settings returns on an error without a word to the goroutine that waits for them.",
		Source:  goker + ": kubernetes#38669, no sender",
		Stays:   1,
		Forever: true,
		Run: func(t testing.TB) {
			settings := make(chan map[string]string)
			go applySettings(settings) // stays
			if err := loadSettings("", settings); err == nil {
				t.Error("settings without a name were loaded")
			}
		},
	}
}

func applySettings(settings <-chan map[string]string) {
	loaded := <-settings
	delete(loaded, "secret")
}

func loadSettings(name string, to chan<- map[string]string) error {
	if name == "" {
		return errors.New("no name")
	}
	to <- map[string]string{"name": name}
	return nil
}

func missingClose() Shape {
	return Shape{
		Name:    "missing-close",
		Doc:     "Three workers range over a channel of files that is never closed.",
		Source:  saioc + ": channel iteration misuse",
		Stays:   3,
		Forever: true,
		Run: func(testing.TB) {
			files := make(chan string)
			for range 3 {
				go func() { // stays 3
					for f := range files {
						_ = len(f)
					}
				}()
			}
			for _, f := range []string{"a.txt", "b.txt", "c.txt", "d.txt"} {
				files <- f
			}
		},
	}
}

func ncastLeak() Shape {
	return Shape{
		Name:    "ncast-leak",
		Doc:     "Four replicas are asked, the first answer is taken, and the other three cannot hand over theirs.",
		Source:  saioc + ": NCast leak",
		Stays:   3,
		Forever: true,
		Run: func(t testing.TB) {
			if got := askReplicas([]string{"east", "west", "north", "south"}); got == "" {
				t.Error("no answer")
			}
		},
	}
}

// askReplicas returns the answer that comes first.
func askReplicas(replicas []string) string {
	answers := make(chan string)
	for _, r := range replicas {
		go func() { answers <- "answer of " + r }() // stays 3
	}
	return <-answers
}

func doubleSend() Shape {
	return Shape{
		Name:    "double-send",
		Doc:     "A return is missing after the error was sent, so that a second result is sent, and only one is taken.",
		Source:  saioc + ": double send",
		Stays:   1,
		Forever: true,
		Run: func(t testing.TB) {
			if r := convert("not a number"); r.err == nil {
				t.Error("no error")
			}
		},
	}
}

type conversion struct {
	n   int
	err error
}

func convert(text string) conversion {
	done := make(chan conversion)
	go func() { // stays
		var n int
		if _, err := fmt.Sscan(text, &n); err != nil {
			done <- conversion{err: err}
		}
		done <- conversion{n: n}
	}()
	return <-done
}

func firstErrorReturn() Shape {
	return Shape{
		Name:    "first-error-return",
		Doc:     "Five shards are written at once, and who collects the errors leaves at the first one.",
		Source:  saioc + ": premature function return",
		Stays:   4,
		Forever: true,
		Run: func(t testing.TB) {
			if err := writeShards(5, func(int) error { return errors.New("disk full") }); err == nil {
				t.Error("no error")
			}
		},
	}
}

func writeShards(n int, write func(shard int) error) error {
	errs := make(chan error)
	for shard := range n {
		go func() { errs <- write(shard) }() // stays 4
	}
	for range n {
		if err := <-errs; err != nil {
			return err
		}
	}
	return nil
}

func bufferTooSmall() Shape {
	return Shape{
		Name:    "buffer-too-small",
		Doc:     "A channel has room for the results of two probes, there are three of them, and nobody looks at any.",
		Source:  gcatch + ": fixed by a larger buffer",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			alive := make(chan string, 2)
			for _, host := range []string{"a", "b", "c"} {
				// A value that lies beside the channel in the closure would keep the
				// channel reachable in the eyes of Go 1.27's runtime.
				go func() { alive <- host + " is alive" }() // stays
			}
		},
	}
}

func semaphoreNotReleased() Shape {
	return Shape{
		Name:    "semaphore-not-released",
		Doc:     "A download that fails does not give back its place, and those after it wait for one.",
		Stays:   2,
		Forever: true,
		Run: func(t testing.TB) {
			d := &downloads{places: make(chan struct{}, 1)}
			if err := d.fetch(""); err == nil {
				t.Error("no error")
			}
			for _, url := range []string{"first", "second"} {
				go d.fetch(url) // stays 2
			}
		},
	}
}

// downloads runs as many at once as there are places.
type downloads struct{ places chan struct{} }

func (d *downloads) fetch(url string) error {
	d.places <- struct{}{}
	if url == "" {
		return errors.New("no address")
	}
	<-d.places
	return nil
}
