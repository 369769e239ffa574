package main

import (
	"github.com/gotracewatch/tracewatch/internal/browser"
)

const (
	width, height = 1200, 900
	mostBytes     = 300_000
)

// A picture is a file, what is done on the page before it is taken, and the part of the page that it shows.
type picture struct {
	name     string
	do       []step
	from, to string // CSS selectors
}

// A step is a part of what a user does.
type step func(*browser.Tab) error

var pictures = []picture{
	{"heatmap.png", []step{prefer("light"), click("[data-seconds='10']"), click("#heat-go"), until(answered)}, "#map", "#detail"},
	{"requests.png", []step{click("#detail-close"), click("#requests-list details summary .name"), until("document.querySelector('#requests-list details[open] .gantt')"), rest}, "#requests", "#requests-list details"},
	{"dark.png", []step{prefer("dark"), click("#requests-list details summary .name"), click("#heat-newest"), click("[data-seconds='10']"), rest}, "body", "#heat-keys"},
}

func (p picture) take(t *browser.Tab) ([]byte, error) {
	for _, do := range p.do {
		if err := do(t); err != nil {
			return nil, err
		}
	}
	return t.Picture(p.from, p.to)
}

const answered = "!document.getElementById('detail').hidden && document.getElementById('detail').getAttribute('aria-busy') === 'false'"

// prepare opens the page, and waits until it knows of the fault and of requests.
func prepare(t *browser.Tab, url string) error {
	if err := t.Go(url); err != nil {
		return err
	}
	for _, do := range []step{
		until("document.body.dataset.ready && document.querySelector('details.anomaly[data-kind=sched-delay]') && tracewatch.heat.ring().strips.length >= 20"),
		script("document.getElementById('requests').scrollIntoView({ behavior: 'instant' })"),
		until("document.querySelector('#requests-list details')"),
		script("scrollTo({ top: 0, behavior: 'instant' })"),
	} {
		if err := do(t); err != nil {
			return err
		}
	}
	return nil
}

func prefer(scheme string) step     { return func(t *browser.Tab) error { return t.Prefer(scheme) } }
func click(selector string) step    { return func(t *browser.Tab) error { return t.Click(selector) } }
func until(expression string) step  { return func(t *browser.Tab) error { return t.Until(expression) } }
func script(statements string) step { return until("(() => { " + statements + "; return true; })()") }

// rest takes the pointer away, and waits until what was drawn for it is gone.
func rest(t *browser.Tab) error {
	if err := t.Point(0, 0); err != nil {
		return err
	}
	return t.Until("!document.querySelector('.tip')?.checkVisibility() && (window.rested = (window.rested || 0) + 1) % 4 === 0")
}
