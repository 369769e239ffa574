package main

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/require"

	"github.com/gotracewatch/tracewatch/tracewatch"
)

// names lists what is in a directory.
func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// TestProfiles: each kind is a profile, in a file for its owner, or on standard output.
func TestProfiles(t *testing.T) {
	_, file := sample(t)
	dir := t.TempDir()
	args := []string{file}
	for _, k := range tracewatch.ProfileKinds() {
		args = append(args, "-pprof", string(k)+"="+filepath.Join(dir, string(k)))
	}
	o := start(nil, args...)
	require.Equal(t, statusFine, o.status, o.errors)
	require.Contains(t, o.out, "totals", "the text is printed too")
	require.Len(t, names(t, dir), len(tracewatch.ProfileKinds()))
	for _, k := range tracewatch.ProfileKinds() {
		path := filepath.Join(dir, string(k))
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		p, err := profile.ParseData(data)
		require.NoError(t, err, k)
		require.NoError(t, p.CheckValid(), k)
		o := start(nil, "-pprof", string(k)+"=-", file)
		require.Equal(t, statusFine, o.status)
		require.Equal(t, string(data), o.out, "nothing else is on standard output")
		require.Empty(t, o.errors)
	}
}

// TestPictures: they are pictures, and the page is one.
func TestPictures(t *testing.T) {
	data, file := sample(t)
	for flag, check := range map[string]func([]byte){
		"-png": func(out []byte) {
			_, err := png.Decode(bytes.NewReader(out))
			require.NoError(t, err)
		},
		"-svg": func(out []byte) {
			d := xml.NewDecoder(bytes.NewReader(out))
			for {
				if _, err := d.Token(); errors.Is(err, io.EOF) {
					return
				} else {
					require.NoError(t, err)
				}
			}
		},
		"-html": func(out []byte) {
			require.Contains(t, strings.ToLower(string(out)), "<!doctype html>")
			require.Contains(t, string(out), `<script type="application/json" id="data">{"title":"`)
			require.Contains(t, string(out), `"sched_delay":{"count":`)
			require.Contains(t, string(out), `"cells":[{"proc":`)
			require.NotContains(t, string(out), `"anomalies":null`)
		},
	} {
		t.Run(flag, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "out")
			o := start(nil, file, flag, path)
			require.Equal(t, statusFine, o.status, o.errors)
			require.Equal(t, []string{"out"}, names(t, dir))
			out, err := os.ReadFile(path)
			require.NoError(t, err)
			check(out)
			o = start(bytes.NewReader(data), "-", flag, "-")
			require.Equal(t, statusFine, o.status, o.errors)
			check([]byte(o.out))

			o = start(bytes.NewReader(data[:len(data)*3/4]), "-", flag, path)
			require.Equal(t, statusBroken, o.status)
			out, err = os.ReadFile(path)
			require.NoError(t, err)
			check(out)
			if flag != "-png" {
				require.Contains(t, string(out), "standard input (not all of it)")
			}
		})
	}
}

// TestOverwrite: neither the trace nor another output is written over, whatever the path looks like.
func TestOverwrite(t *testing.T) {
	data, file := sample(t)
	dir := filepath.Dir(file)
	link, hard := filepath.Join(dir, "link"), filepath.Join(dir, "hard")
	require.NoError(t, os.Symlink(file, link))
	require.NoError(t, os.Link(file, hard))
	other := filepath.Join(dir, "other")
	for _, args := range [][]string{
		{"-pprof", "sched=" + file, file},
		{"-pprof", "sched=" + link, file},
		{"-pprof", "sched=" + hard, file},
		{"-pprof", "sched=" + file, link},
		{"-html", filepath.Join(dir, ".", "some.trace"), file},
		{"-png", other, "-svg", other, file},
		{"-pprof", "sched=" + other, "-pprof", "network=" + dir + "/./other", file},
	} {
		o := start(nil, args...)
		require.Equal(t, statusBroken, o.status, args)
		require.Contains(t, o.errors, "would be written over")
		require.Empty(t, o.out)
	}
	now, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, data, now)
	require.Equal(t, []string{"hard", "link", "some.trace"}, names(t, dir))

	o := start(nil, "-svg", dir, file)
	require.Equal(t, statusBroken, o.status)
	require.Contains(t, o.errors, "is a directory")
}

// TestPlaces: where an output can be, what becomes of what was there, and of links.
func TestPlaces(t *testing.T) {
	_, file := sample(t)
	dir := t.TempDir()
	old, link := filepath.Join(dir, "old"), filepath.Join(dir, "link")
	require.NoError(t, os.WriteFile(old, []byte("old"), 0o644))
	require.NoError(t, os.Symlink(old, link))
	o := start(nil, file, "-pprof", "sched="+link)
	require.Equal(t, statusFine, o.status, o.errors)
	info, err := os.Lstat(link)
	require.NoError(t, err)
	require.NotZero(t, info.Mode()&os.ModeSymlink, "it still is a link")
	data, err := os.ReadFile(old)
	require.NoError(t, err)
	_, err = profile.ParseData(data)
	require.NoError(t, err)
	require.Equal(t, []string{"link", "old"}, names(t, dir))

	o = start(nil, file, "-pprof", "sched="+os.DevNull, "-pprof", "network="+os.DevNull)
	require.Equal(t, statusFine, o.status, o.errors)
	info, err = os.Stat(os.DevNull)
	require.NoError(t, err)
	require.False(t, info.Mode().IsRegular(), "it is what it was")

	o = start(nil, file, "-pprof", "sched="+filepath.Join(dir, "missing", "x"))
	require.Equal(t, statusBroken, o.status)
	require.Empty(t, o.out)
	require.Contains(t, o.errors, "-pprof sched: ")
}

// TestHalf: what fails or is interrupted leaves nothing behind, and what was there as it was.
func TestHalf(t *testing.T) {
	_, file := sample(t)
	dir := t.TempDir()
	old := filepath.Join(dir, "old")
	require.NoError(t, os.WriteFile(old, []byte("old"), 0o600))
	half := func(fails func() error) writer {
		return func(_ context.Context, w io.Writer, _ *reading) error {
			if _, err := io.WriteString(w, "half of it"); err != nil {
				return err
			}
			if err := fails(); err != nil {
				return err
			}
			_, err := io.WriteString(w, "the other half")
			return err
		}
	}
	ctx, interrupt := context.WithCancel(context.Background())
	defer interrupt()
	for says, fails := range map[string]func() error{
		"-bad: no space left": func() error { return errors.New("no space left") },
		"interrupted":         func() error { interrupt(); return nil },
	} {
		f := newFake(nil)
		o := options{files: []string{file}, outputs: []output{
			{flag: "-good", path: filepath.Join(dir, "new"), write: half(func() error { return nil })},
			{flag: "-bad", path: old, write: half(fails)},
		}}
		runs := context.Background()
		if says == "interrupted" {
			runs = ctx
		}
		require.Equal(t, statusBroken, f.report(runs, &o))
		require.Empty(t, f.out.String())
		if says != "interrupted" { // which is said by who called
			require.Contains(t, f.errs.String(), says)
		}
		require.Equal(t, []string{"old"}, names(t, dir))
		data, err := os.ReadFile(old)
		require.NoError(t, err)
		require.Equal(t, "old", string(data))
	}
}
