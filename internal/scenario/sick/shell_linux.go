package sick

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// shell runs n shells with a script until Stop. The script gets this process's id as $1, and ends
// when there is no such process any more. The kernel kills the shells with this process too.
func (s *stage) shell(script string, n int) error {
	started := make(chan error, 1)
	s.running.Go(func() {
		// The kernel does it when the thread ends that started them, not when the process does: this
		// goroutine keeps its thread until they have ended.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		var all []*exec.Cmd
		var err error
		for range n {
			c := exec.Command("sh", "-c", script, "sh", strconv.Itoa(os.Getpid()))
			c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
			if err = c.Start(); err != nil {
				err = fmt.Errorf("sick: starting a shell: %w", err)
				break
			}
			all = append(all, c)
		}
		started <- err
		if err == nil {
			<-s.ctx.Done()
		}
		for _, c := range all {
			c.Process.Kill()
		}
		for _, c := range all {
			c.Wait() // says that it was killed
		}
	})
	select {
	case err := <-started:
		return err
	case <-time.After(time.Minute):
		return fmt.Errorf("sick: %d shells did not start within a minute", n)
	}
}
