package leakproof_test

import (
	"testing"

	"github.com/gotracewatch/tracewatch/tracewatch/leaktest"
)

// What these tests leak can never be woken: that is what they are about.
func TestMain(m *testing.M) {
	leaktest.Main(m, leaktest.IgnoreCreatedBy(here+"leak", here+"TestWaitGroupGo", here+"TestLabels"))
}
