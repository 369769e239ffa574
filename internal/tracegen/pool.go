package tracegen

// pick takes a random element out of a pool, and returns nil from an empty one.
func pick[T any](r *randomWorld, pool *[]*T) *T {
	n := len(*pool)
	if n == 0 {
		return nil
	}
	i := r.IntN(n)
	x := (*pool)[i]
	(*pool)[i] = (*pool)[n-1]
	*pool = (*pool)[:n-1]
	return x
}

func takeFirst(pool *[]*Goroutine) *Goroutine {
	g := (*pool)[0]
	*pool = (*pool)[1:]
	return g
}

func takeLast(pool *[]*Goroutine) *Goroutine {
	g := (*pool)[len(*pool)-1]
	*pool = (*pool)[:len(*pool)-1]
	return g
}
