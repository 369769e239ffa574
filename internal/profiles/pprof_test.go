package profiles

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/recorded"
)

// pprofTool runs go tool pprof.
type pprofTool struct {
	program, dir string
}

func newPprofTool(t *testing.T) *pprofTool {
	t.Helper()
	out, err := exec.Command("go", "tool", "-n", "pprof").Output()
	require.NoError(t, err, "the go command runs this test")
	return &pprofTool{strings.TrimSpace(string(out)), t.TempDir()}
}

func (x *pprofTool) write(t *testing.T, name string, p *profile.Profile) string {
	t.Helper()
	name = filepath.Join(x.dir, name)
	f, err := os.Create(name)
	require.NoError(t, err)
	require.NoError(t, p.Write(f))
	require.NoError(t, f.Close())
	return name
}

func (x *pprofTool) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, x.program, args...)
	cmd.Env = append(os.Environ(), "PPROF_TMPDIR="+x.dir)
	return cmd
}

func (x *pprofTool) run(t *testing.T, args ...string) string {
	t.Helper()
	out, err := x.command(t.Context(), args...).Output()
	require.NoError(t, err, "%v", args)
	return strings.Join(strings.Fields(string(out)), " ")
}

// TestPprof: the go command reads what is written, and its ways of asking work.
func TestPprof(t *testing.T) {
	t.Parallel()
	x := newPprofTool(t)
	c := collect(t, story(), nil, Kinds()...)
	sched := x.write(t, "sched", c.Profile(Sched))

	out := x.run(t, "-top", "-unit=ns", sched)
	require.Contains(t, out, "Type: delay")
	require.Contains(t, out, "Duration: 20us")
	require.Contains(t, out, "3195ns total")
	require.Contains(t, out, "600ns 18.78% 18.78% 600ns 18.78% main.child")
	require.Contains(t, out, "0 0% 100% 2495ns 78.09% main.serve")
	require.Contains(t, x.run(t, "-top", "-sample_index=contentions", sched), "16 total")
	require.Contains(t, x.run(t, "-comments", sched), "tracewatch, sched: waits of runnable goroutines")

	out = x.run(t, "-tags", sched)
	require.Contains(t, out, "request: Total 2.50us of 3.19us (78.09%) 2.40us (74.96%): GET / 100ns ( 3.13%): POST /")
	require.Contains(t, out, "goroutine: Total 3.19us of 3.19us ( 100%) 2.50us (78.09%): 1 600ns (18.78%): 5 100ns ( 3.13%): 4")
	require.Contains(t, out, "p: Total 3.19us of 3.19us ( 100%) 2.50us (78.09%): 0 700ns (21.91%): 1")

	for args, want := range map[string]string{
		"-tagfocus=request=POST":               "100ns, 3.13% of 3195ns total",
		"-tagfocus=goroutine=5":                "600ns, 18.78% of 3195ns total",
		"-tagfocus=p=1":                        "700ns, 21.91% of 3195ns total",
		"-tagignore=request":                   "700ns, 21.91% of 3195ns total",
		"-tagfocus=request=GET -focus=network": "200ns, 6.26% of 3195ns total",
		"-tagroot=request":                     "2395ns 74.96% GET /",
	} {
		out := x.run(t, append(append([]string{"-top", "-unit=ns"}, strings.Fields(args)...), sched)...)
		require.Contains(t, out, want, args)
	}

	all := x.write(t, "running", c.Profile(Running))
	require.Contains(t, x.run(t, "-top", "-unit=ns", "-tagignore=class", all), "15010ns, 96.16% of 15610ns total")
}

// TestPprofInBrowser: pprof's own web pages show a profile.
func TestPprofInBrowser(t *testing.T) {
	t.Parallel()
	x := newPprofTool(t)
	file := x.write(t, "sched", collect(t, story(), nil, Sched).Profile(Sched))
	ctx, cancel := context.WithCancel(t.Context())
	cmd := x.command(ctx, "-no_browser", "-http=127.0.0.1:", file)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = time.Minute
	says, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	defer func() {
		cancel()
		_ = cmd.Wait() // it is interrupted
	}()
	lines := bufio.NewScanner(says)
	url := ""
	for url == "" && lines.Scan() {
		_, url, _ = strings.Cut(lines.Text(), "Serving web UI on ")
	}
	require.NotEmpty(t, url)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for _, view := range []string{"/ui/top", "/ui/flamegraph", "/ui/peek?f=main.serve"} {
		var resp *http.Response
		require.Eventually(t, func() (ok bool) { // it says so before it listens
			resp, err = client.Get(url + view) //nolint:bodyclose // it is closed below
			return err == nil
		}, time.Minute, 10*time.Millisecond, "%v", err)
		page, err := io.ReadAll(resp.Body)
		require.NoError(t, errors.Join(err, resp.Body.Close()))
		require.Equal(t, http.StatusOK, resp.StatusCode, "%s: %s", view, page)
		require.Contains(t, string(page), "main.serve", view)
	}
}

// TestPprofDifference: two profiles of ours, and one of ours and go tool trace's, can be compared.
func TestPprofDifference(t *testing.T) {
	t.Parallel()
	x := newPprofTool(t)
	data, err := recorded.Trace{Go: "1.26", Name: "network"}.Bytes()
	require.NoError(t, err)
	c := collect(t, data, nil, Network, Sched)
	ours := x.write(t, "ours", c.Profile(Network))
	require.Contains(t, x.run(t, "-top", "-diff_base", ours, ours), "0, 0% of")
	none := x.write(t, "none", collect(t, story(), nil, Network).Profile(Network))
	require.Contains(t, x.run(t, "-top", "-diff_base", none, ours), "internal/poll.(*FD).Read")

	file := filepath.Join(x.dir, "trace")
	require.NoError(t, os.WriteFile(file, data, 0o600))
	out, err := exec.Command(goToolTrace(t), "-pprof=net", file).Output()
	require.NoError(t, err)
	theirs := filepath.Join(x.dir, "theirs")
	require.NoError(t, os.WriteFile(theirs, out, 0o600))
	require.Contains(t, x.run(t, "-top", "-diff_base", theirs, ours), "0, 0% of")
}
