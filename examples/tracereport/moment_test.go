package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMoment(t *testing.T) {
	begun := time.Date(2026, 11, 22, 23, 59, 58, 0, time.Local)
	for text, want := range map[string]time.Duration{
		"0s":                  0,
		"2.5s":                2500 * time.Millisecond,
		"1m":                  time.Minute,
		"23:59:59":            time.Second,
		"23:59:59.5":          1500 * time.Millisecond,
		"23:59":               -58 * time.Second,
		"00:00:03":            5 * time.Second, // of the next day
		"00:01":               62 * time.Second,
		"2026-11-23T00:00:00": 2 * time.Second,
		"2026-11-23 00:00:00": 2 * time.Second,
		begun.Add(7 * time.Second).UTC().Format(time.RFC3339Nano): 7 * time.Second,
	} {
		var m moment
		require.NoError(t, m.set(text), text)
		require.Equal(t, want, m.since(begun), text)
	}
	early := time.Date(2026, 11, 22, 0, 0, 1, 0, time.Local)
	m := moment{}
	require.NoError(t, m.set("23:59:59"))
	require.Equal(t, -2*time.Second, m.since(early), "of the day before")
	for _, text := range []string{"", "now", "25:00:00", "2.5", "-1s"} {
		require.Error(t, m.set(text), text)
	}
}

// TestBetween: a part of a trace is asked for by the time since its beginning or by the time of day, from a file
// and from a pipe.
func TestBetween(t *testing.T) {
	file := annotated(t, "1.26")
	data := recordedTrace(t, "1.26", "annotations")
	all := decode(t, start(nil, "-json", file).out)
	var whole, part struct {
		From int64     `json:"from_ns"`
		To   int64     `json:"to_ns"`
		At   time.Time `json:"at"`
	}
	unmarshal(t, start(nil, "-json", file).out, &whole)
	require.False(t, whole.At.IsZero())

	o := start(nil, "-json", file, "-since", "100ms", "-until", "200ms")
	require.Equal(t, statusFine, o.status, o.errors)
	unmarshal(t, o.out, &part)
	require.Equal(t, whole.From+100e6, part.From)
	require.Equal(t, whole.From+200e6, part.To)
	require.Equal(t, all.Totals, decode(t, o.out).Totals, "totals are of all of it")

	clock := func(d time.Duration) string { return whole.At.Add(d).Format(time.RFC3339Nano) }
	for _, o := range []outcome{
		start(nil, "-json", file, "-since", clock(100*time.Millisecond), "-until", clock(200*time.Millisecond)),
		start(bytes.NewReader(data), "-json", "-", "-since", clock(100*time.Millisecond), "-until", clock(200*time.Millisecond)),
		start(nil, "-json", file, "-since", "100ms", "-until", whole.At.Add(200*time.Millisecond).Local().Format("15:04:05.999999999")),
	} {
		require.Equal(t, statusFine, o.status, o.errors)
		unmarshal(t, o.out, &part)
		require.InDelta(t, whole.From+100e6, part.From, 1e6)
		require.InDelta(t, whole.From+200e6, part.To, 1e6)
	}

	o = start(nil, file, "-since", "100ms", "-until", "200ms")
	require.Contains(t, o.out, "of that from 100 ms to 200 ms")
	for _, args := range [][]string{
		{file, "-since", "10s"},
		{file, "-since", clock(time.Hour)},
		{file, "-until", clock(-time.Hour)},
		{file, "-since", "200ms", "-until", clock(100 * time.Millisecond)},
	} {
		o = start(nil, args...)
		require.Equal(t, statusBroken, o.status, args)
		require.Empty(t, o.out)
		require.Contains(t, o.errors, " after ")
		require.NotContains(t, o.errors, "Give it")
	}
	o = start(nil, file, "-since", clock(-time.Hour))
	require.Equal(t, statusFine, o.status, "what was before is not there")
}
