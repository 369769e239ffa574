package host_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/gotracewatch/tracewatch/internal/host"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

// BenchmarkReadNested reads the files of a container of Kubernetes, of which its group is four
// deep.
func BenchmarkReadNested(b *testing.B) {
	files := machine.with(tree{
		"proc/self/cgroup": "0::/kubepods.slice/burstable.slice/pod.slice/c.scope\n", "proc/self/mountinfo": mountsV2,
		"sys/fs/cgroup/kubepods.slice/burstable.slice/pod.slice/c.scope/cgroup.type":  "domain\n",
		"sys/fs/cgroup/kubepods.slice/burstable.slice/pod.slice/c.scope/cpu.pressure": groupPressure,
	})
	for _, dir := range []string{"", "/burstable.slice", "/burstable.slice/pod.slice", "/burstable.slice/pod.slice/c.scope"} {
		files = files.with(tree{
			"sys/fs/cgroup/kubepods.slice" + dir + "/cpu.stat": statV2("nr_periods 40\nnr_throttled 9\nthrottled_usec 1000\n"),
			"sys/fs/cgroup/kubepods.slice" + dir + "/cpu.max":  "200000 100000\n",
		})
	}
	h := host.New(files.root(b))
	b.ReportAllocs()
	for b.Loop() {
		h.Read()
	}
}

// BenchmarkReadThreads reads this machine in a process with so many threads.
func BenchmarkReadThreads(b *testing.B) {
	for _, n := range []int{40, 250, limits.ThreadsRead - 20, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			begun, end := make(chan bool), make(chan bool)
			for range n {
				go func() { // it keeps the thread, and ends with it
					runtime.LockOSThread()
					begun <- true
					<-end
				}()
				<-begun
			}
			h := host.New("/")
			h.Read()
			b.ReportAllocs()
			for b.Loop() {
				h.Read()
			}
			b.StopTimer()
			close(end)
		})
	}
}
