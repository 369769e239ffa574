package main

import (
	"errors"
	"fmt"
	"time"
)

// A moment is what -since and -until say: a time since the trace's beginning, or a time of day.
type moment struct {
	text    string // as it was given; "" if it was not
	offset  time.Duration
	clock   time.Time // zero if it is an offset
	noDate  bool      // clock is a time of day, of the day that is closest
	ofClock bool
}

func (m *moment) given() bool   { return m.text != "" }
func (m *moment) isClock() bool { return m.ofClock }

// set parses what was given.
func (m *moment) set(text string) error {
	*m = moment{text: text}
	if d, err := time.ParseDuration(text); err == nil {
		if d < 0 {
			return errors.New("it is before the trace's beginning")
		}
		m.offset = d
		return nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "15:04:05", "15:04"} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			m.clock, m.ofClock, m.noDate = t, true, t.Year() == 0
			return nil
		}
	}
	return errors.New("it is a time since the trace's beginning, like 2.5s, or a time of day, like 15:04:05")
}

// since returns how long after a trace's beginning it is, which may be negative.
func (m *moment) since(begun time.Time) time.Duration {
	if !m.ofClock {
		return m.offset
	}
	if !m.noDate {
		return m.clock.Sub(begun)
	}
	b := begun.Local()
	day := time.Date(b.Year(), b.Month(), b.Day(), m.clock.Hour(), m.clock.Minute(), m.clock.Second(), m.clock.Nanosecond(), time.Local)
	best := day.Sub(begun)
	for _, other := range []time.Time{day.AddDate(0, 0, -1), day.AddDate(0, 0, 1)} {
		if d := other.Sub(begun); d.Abs() < best.Abs() {
			best = d
		}
	}
	return best
}

// between returns what of a trace is asked for, as offsets from its beginning; a to of 0 is its end.
func (o *options) between(begun time.Time) (from, to time.Duration, err error) {
	if begun.IsZero() && (o.since.isClock() || o.until.isClock()) {
		return 0, 0, errors.New("the trace does not tell the time of day (those of Go 1.25 and newer do); -since and -until take a time since its beginning, like 2.5s")
	}
	from = max(0, o.since.since(begun))
	if !o.until.given() {
		return from, 0, nil
	}
	if to = o.until.since(begun); to <= from {
		return 0, 0, fmt.Errorf("-until %s is not after %s", o.until.text, orBeginning(o.since.text))
	}
	return from, to, nil
}

func orBeginning(since string) string {
	if since == "" {
		return "the trace's beginning"
	}
	return "-since " + since
}
