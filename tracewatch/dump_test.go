package tracewatch

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/internal/explain"
	"github.com/gotracewatch/tracewatch/internal/recorded"
	"github.com/gotracewatch/tracewatch/internal/wire"
)

// testAnomaly returns an anomaly that carries a real trace.
func testAnomaly(t *testing.T, end time.Time) *Anomaly {
	t.Helper()
	a := &Anomaly{Kind: "test-kind", Summary: "a test", Start: end.Add(-time.Second), End: end}
	for _, tr := range recorded.All() {
		if tr.String() != "go1.26-scheduling" {
			continue
		}
		data, err := tr.Bytes()
		require.NoError(t, err)
		s := wire.Splitter{Emit: func(raw wire.Raw) { a.trace.gens = append(a.trace.gens, explain.Generation{Raw: raw}) }}
		_, err = s.Write(data)
		require.NoError(t, err)
	}
	require.NotEmpty(t, a.trace.gens)
	return a
}

func TestDumpsStayWithinTheirLimits(t *testing.T) {
	dir := t.TempDir()
	others := []string{"notes.txt", "tracewatch-mine.trace", "tracewatch-20200101T000000.000Z-0001-x.trace.bak"}
	for _, f := range others {
		require.NoError(t, os.WriteFile(filepath.Join(dir, f), []byte("mine"), 0o600))
	}
	require.NoError(t, os.Symlink(filepath.Join(dir, "notes.txt"), filepath.Join(dir, "tracewatch-20200101T000000.000Z-0001-link.trace")))
	d, err := newDumper(&config{dumpDir: dir, dumpFiles: 3, dumpBytes: 1 << 30})
	require.NoError(t, err)
	at := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	var names []string
	for i := range 6 {
		a := testAnomaly(t, at.Add(time.Duration(i)*time.Second))
		require.NoError(t, d.write(a))
		names = append(names, a.Dump())
	}
	for i, name := range names {
		description := name[:len(name)-len(".trace")] + ".json"
		if i < 3 {
			require.NoFileExists(t, name)
			require.NoFileExists(t, description)
		} else {
			require.FileExists(t, name)
			require.FileExists(t, description)
		}
	}
	for _, f := range others {
		require.FileExists(t, filepath.Join(dir, f), "not ours")
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, len(others)+1+2*3, "no temporary file is left, the link is left alone")

	// By bytes: the newest stays, whatever its size.
	d.maxBytes = 1
	a := testAnomaly(t, at.Add(time.Hour))
	require.NoError(t, d.write(a))
	require.FileExists(t, a.Dump())
	require.NoFileExists(t, names[5])
}

func TestDumpWithoutTrace(t *testing.T) {
	d, err := newDumper(&config{dumpDir: t.TempDir(), dumpFiles: 1, dumpBytes: 1})
	require.NoError(t, err)
	a := testAnomaly(t, time.Now())
	a.release()
	require.ErrorIs(t, d.write(a), ErrNoTrace)
	require.Empty(t, a.Dump())
}

// TestDumpDirGone takes the directory away: the error comes back, and nothing is left
// half written.
func TestDumpDirGone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "traces")
	d, err := newDumper(&config{dumpDir: dir, dumpFiles: 1, dumpBytes: 1})
	require.NoError(t, err)
	require.NoError(t, os.Remove(dir))
	a := testAnomaly(t, time.Now())
	require.Error(t, d.write(a))
	require.Empty(t, a.Dump())
}

func TestDumpDirIsAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err := Start(t.Context(), WithDumpDir(file))
	require.ErrorIs(t, err, ErrOption)
}

// TestDumpIsWhatWasAnalysed compares the bytes.
func TestDumpIsWhatWasAnalysed(t *testing.T) {
	d, err := newDumper(&config{dumpDir: t.TempDir(), dumpFiles: 1, dumpBytes: 1 << 30})
	require.NoError(t, err)
	a := testAnomaly(t, time.Now())
	var want bytes.Buffer
	_, err = a.WriteTrace(&want)
	require.NoError(t, err)
	require.NoError(t, d.write(a))
	got, err := os.ReadFile(a.Dump())
	require.NoError(t, err)
	require.Equal(t, want.Bytes(), got)
}
