package detectors

import (
	"cmp"
	"slices"
	"time"
)

// worst returns the n sites with the longest total, the longest first.
func worst(sites []SiteEvidence, n int) []SiteEvidence {
	slices.SortFunc(sites, func(a, b SiteEvidence) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.Site, b.Site))
	})
	return sites[:min(n, len(sites))]
}

// ranked sorts findings, the worst first.
func ranked(findings []Finding) []Finding {
	slices.SortFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Site, b.Site))
	})
	return findings
}

// most returns the site that was counted most often.
func most(counts map[SiteID]int) (site SiteID) {
	n := 0
	for id, k := range counts {
		if k > n || k == n && id < site {
			site, n = id, k
		}
	}
	return site
}

// severity is Critical from a length on, else Warning.
func severity(d, critical time.Duration) Severity {
	if d >= critical {
		return Critical
	}
	return Warning
}

// byCount returns the n sites that were counted most often, those first.
func byCount(sites []SiteEvidence, n int) []SiteEvidence {
	slices.SortFunc(sites, func(a, b SiteEvidence) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Site, b.Site))
	})
	return sites[:min(n, len(sites))]
}
