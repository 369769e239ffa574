package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// childTime is how long a child may take. The longest scenario takes half of it.
const childTime = 2 * time.Minute

// runChild carries out an order in a process of its own.
func runChild(ctx context.Context, o order) (report, error) {
	arg, err := json.Marshal(o)
	if err != nil {
		return report{}, err
	}
	self, err := os.Executable()
	if err != nil {
		return report{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, childTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, self, childArg, string(arg))
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return report{}, err
	}
	defer stdin.Close()
	// The end of its input asks the child to end, on every system, and also if this process dies.
	cmd.Cancel = stdin.Close
	cmd.WaitDelay = 10 * time.Second // then it is killed
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return report{}, fmt.Errorf("the run's process: %w%s", err, tail(stderr.String()))
	}
	var rep report
	if err := json.Unmarshal(stdout.Bytes(), &rep); err != nil {
		return report{}, fmt.Errorf("the run's report: %w%s", err, tail(stderr.String()))
	}
	return rep, nil
}

// tail returns the end of what a process said of its trouble.
func tail(s string) string {
	const most = 2000
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	return "\n" + s[max(0, len(s)-most):]
}
