package leaktest

import (
	"strings"
	"text/tabwriter"
)

// table writes rows of a title and cells, the cells below each other.
type table struct {
	out *strings.Builder
	w   *tabwriter.Writer
}

func (t *table) row(title string, cells ...string) {
	if t.w == nil {
		t.w = tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	}
	_, _ = t.w.Write([]byte("    " + title + "\t" + strings.TrimRight(strings.Join(cells, "\t"), "\t") + "\n")) // a Builder takes all
}

func (t *table) flush() {
	if t.w != nil {
		_ = t.w.Flush()
	}
}
