package detectors

// occupant is a function of the service whose goroutines used the Ps.
type occupant struct {
	start SiteID // the function
	runs  Sum    // of all its goroutines
	site  SiteID // where among its code most of the time went
	at    Sum    // what ran there
}

// occupantOf returns the function whose goroutines ran longest in a window.
func occupantOf(w *Window) occupant {
	type place struct{ start, site SiteID }
	starts, places := make(map[SiteID]Sum), make(map[place]Sum)
	count := func(start, site SiteID, r Sum) {
		all, here := starts[start], places[place{start, site}]
		all.Merge(r)
		here.Merge(r)
		starts[start], places[place{start, site}] = all, here
	}
	for id, r := range w.Totals.Runs {
		if r.Count == 0 {
			continue
		}
		s := w.Code.Stack(StackID(id))
		site := s.Site
		if !s.User {
			site = s.Bottom
		}
		count(s.Bottom, site, r)
	}
	for _, r := range w.Totals.Unseen {
		count(r.Start, w.Code.home(r.Start, r.Creator), r.Sum)
	}
	var top occupant
	for start, r := range starts {
		if r.Total > top.runs.Total || r.Total == top.runs.Total && start < top.start {
			top.start, top.runs = start, r
		}
	}
	for at, r := range places {
		if at.start == top.start && (r.Total > top.at.Total || r.Total == top.at.Total && at.site < top.site) {
			top.site, top.at = at.site, r
		}
	}
	return top
}
