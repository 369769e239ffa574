package traceback

// AllWithin is All with another bound.
func AllWithin(r *Reader, limit int) (gs []Goroutine, cut bool) { return r.all(limit) }
