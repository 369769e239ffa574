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

// severity is Critical from a length on, else Warning.
func severity(d, critical time.Duration) Severity {
	if d >= critical {
		return Critical
	}
	return Warning
}
