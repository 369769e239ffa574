package detectors

import "time"

// usual is the moving mean of what a value was in the windows in which nothing was wrong:
// what a detector judges the next one against. A dump begins shortly before what it is
// about, so that there the usual is not known: what is not known must not keep a detector
// from finding.
type usual struct {
	mean    float64
	windows int
	over    Time // the first window in which it was too much, while nothing was known
}

// minUsual is how many windows it takes to know what is usual.
const minUsual = 5

// learn takes the value of a window in which nothing was wrong. The first ones count alike,
// later ones by a twentieth: a quarter of a minute is forgotten in a few.
func (u *usual) learn(v float64) {
	u.windows++
	u.mean += max(0.05, 1/float64(u.windows)) * (v - u.mean)
}

// start forgets all if nothing is known of what came before a window.
func (u *usual) start(w *Window) {
	if w.Fresh {
		*u = usual{}
	}
}

// settled is how long what has been too much from the beginning is told of. Then it is what is
// usual: it was told, and what does not change is no incident that would have to be told again.
const settled = 10 * time.Second

// learnOver takes the value of a window, ending at a moment, in which it was too much. What is known
// does not change by that.
func (u *usual) learnOver(v float64, at Time) {
	switch {
	case u.known() > 0:
	case u.over == 0:
		u.over = at
	case at.Sub(u.over) >= settled:
		u.learn(v)
	}
}

// known returns what is usual, 0 if that is not known yet.
func (u *usual) known() float64 {
	if u == nil || u.windows < minUsual {
		return 0
	}
	return u.mean
}

// exceeds reports whether a value is more than so many times what is usual, or that is not
// known.
func (u *usual) exceeds(v, times float64) bool { return v > times*u.known() }

// usualAt are the usual values of sites.
type usualAt map[SiteID]*usual

// at returns that of a site, to learn.
func (m usualAt) at(site SiteID) *usual {
	u := m[site]
	if u == nil {
		u = new(usual)
		m[site] = u
	}
	return u
}
