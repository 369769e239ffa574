package render

import "time"

// A timeAxis is the axis of time that all parts of a picture share.
type timeAxis struct {
	from, to time.Duration
	at       time.Time // what a clock shows at from, or zero
	x, w     int       // of its pixels
	right    int       // where labels have to end
}

// place returns the pixel of a moment.
func (a *timeAxis) place(d time.Duration) int {
	return a.x + int(float64(d-a.from)/float64(max(a.to-a.from, 1))*float64(a.w)+0.5)
}

// step returns a distance of ticks with which their labels do not touch each other.
func (a *timeAxis) step(c canvas, ticks func(step time.Duration) []tick) (ts []tick) {
	for most := max(min(a.w/64, 12), 1); ; most = most * 2 / 3 {
		ts = ticks(stepOf(a.to-a.from, max(most, 1)))
		widest := 0
		for _, t := range ts {
			widest = max(widest, c.width(small, t.label))
		}
		if most <= 1 || len(ts) < 2 || a.place(ts[1].at)-a.place(ts[0].at) >= widest+14 {
			return ts
		}
	}
}

// since draws the axis below y: the time since the start.
func (a *timeAxis) since(c canvas, t *theme, y int) {
	ts := a.step(c, func(step time.Duration) []tick { return sinceTicks(a.from, a.to, step) })
	c.fill(box{a.x, y, a.w, 1}, t.tick)
	for _, tick := range ts {
		x := min(a.place(tick.at), a.x+a.w-1)
		c.fill(box{x, y, 1, 5}, t.tick)
		a.label(c, t, x, y+lineHeight, tick.label, 2)
	}
}

// clock draws the time of day above y.
func (a *timeAxis) clock(c canvas, t *theme, y int) {
	ts := a.step(c, func(step time.Duration) []tick { return clockTicks(a.from, a.to, step, a.at) })
	zone := fit(c, small, a.at.Format("MST"), a.x-9-4)
	c.write(a.x-9, y-7, right, small, t.muted, zone)
	leftmost := 2
	if zone != "" {
		leftmost = a.x - 3
	}
	for _, tick := range ts {
		x := min(a.place(tick.at), a.x+a.w-1)
		c.fill(box{x, y - 4, 1, 4}, t.tick)
		a.label(c, t, x, y-7, tick.label, leftmost)
	}
}

// label writes a tick's label, moved if it would leave the picture.
func (a *timeAxis) label(c canvas, t *theme, x, baseline int, label string, leftmost int) {
	w := c.width(small, label)
	x = max(min(x-w/2, a.right-w), leftmost)
	c.write(x+w/2, baseline, middle, small, t.muted, label)
}
