package leakshapes

import (
	"testing"
	"time"
)

// often is the period of what runs on for ever: there may be hundreds of them.
const often = 100 * time.Millisecond

func tickerLoop() Shape {
	return Shape{
		Name:   "ticker-loop",
		Doc:    "A heartbeat is sent at each tick, and nothing ends it.",
		Source: saioc + ": timer loop",
		Stays:  1,
		Run: func(testing.TB) {
			beats := make(chan time.Time, 1)
			go heartbeat(beats) // stays
			<-beats
		},
	}
}

func heartbeat(beats chan time.Time) {
	ticker := time.NewTicker(often)
	defer ticker.Stop()
	for now := time.Now(); ; now = <-ticker.C {
		select {
		case beats <- now:
		default: // the one before was not even taken
		}
	}
}

func tickLoop() Shape {
	return Shape{
		Name:   "tick-loop",
		Doc:    "A range over time.Tick, which has no end.",
		Source: saioc + ": timer loop",
		Stays:  1,
		Run: func(testing.TB) {
			uptime := make(map[string]int)
			go func() { // stays
				for range time.Tick(often) {
					uptime["ticks"]++
				}
			}()
		},
	}
}

func sleepLoop() Shape {
	return Shape{
		Name:   "sleep-loop",
		Doc:    "A file is looked at again and again, with a sleep in between.",
		Source: saioc + ": unended loop",
		Stays:  1,
		Run: func(testing.TB) {
			looks := make(chan bool, 1)
			go func() { // stays
				for {
					select {
					case looks <- true:
					default:
					}
					time.Sleep(often)
				}
			}()
			<-looks
		},
	}
}

func timerLoop() Shape {
	return Shape{
		Name:   "timer-loop",
		Doc:    "A loop selects between jobs and a timeout, goes on after the timeout, and is not told to end.",
		Source: saioc + ": timer loop",
		Stays:  1,
		Run: func(testing.TB) {
			jobs := make(chan string)
			go func() { // stays
				idle := 0
				for {
					select {
					case <-jobs:
						idle = 0
					case <-time.After(often):
						idle++
					}
				}
			}()
			jobs <- "a job"
		},
	}
}

func stoppedTimerRead() Shape {
	return Shape{
		Name:    "stopped-timer-read",
		Doc:     "A timeout is called off by Stop, and the goroutine that waits for the timer's channel is not told.",
		Source:  tu + ": misuse of time.Timer",
		Stays:   1,
		Forever: true,
		Run: func(t testing.TB) {
			timeout := time.NewTimer(time.Hour)
			expired := make(chan string)
			go func() { // stays
				<-timeout.C
				expired <- "session"
			}()
			if !timeout.Stop() {
				t.Error("the hour is over")
			}
		},
	}
}

func stoppedTickerRange() Shape {
	return Shape{
		Name:    "stopped-ticker-range",
		Doc:     "A range over a ticker's channel is to end by the ticker's Stop, which does not close it.",
		Source:  saioc + ": timer loop",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			ticker, ticks := time.NewTicker(time.Millisecond), make(chan time.Time, 1)
			go func() { // stays
				for now := range ticker.C {
					select {
					case ticks <- now:
					default:
					}
				}
			}()
			<-ticks
			ticker.Stop()
		},
	}
}

func timerFuncBlocks() Shape {
	return Shape{
		Name:    "timer-func-blocks",
		Doc:     "A timer's function asks its owner for leave, and the owner has gone.",
		Stays:   1,
		Forever: true,
		Run: func(testing.TB) {
			asked, leave := make(chan bool), make(chan bool)
			time.AfterFunc(0, func() { // stays
				asked <- true
				<-leave
			})
			<-asked
		},
	}
}

func anHourLater() Shape {
	return Shape{
		Name:  "an-hour-later",
		Doc:   "A cache entry is dropped by a goroutine that waits for an hour first.",
		Stays: 1,
		Run: func(testing.TB) {
			entries := make(chan string, 1)
			entries <- "entry"
			go func() { // stays
				<-time.After(time.Hour)
				<-entries
			}()
		},
	}
}
