package host_test

import (
	"testing"

	"github.com/gotracewatch/tracewatch/internal/host"
)

// BenchmarkRead reads this machine, whatever it has.
func BenchmarkRead(b *testing.B) {
	h := host.New("/")
	b.Logf("%+v", h.Read())
	b.ReportAllocs()
	for b.Loop() {
		h.Read()
	}
}
