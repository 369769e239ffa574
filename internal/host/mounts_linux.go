package host

import (
	"bytes"
	"path"
	"strings"

	"github.com/gotracewatch/tracewatch/internal/limits"
)

// A mount is a place where the groups of a hierarchy have their directories.
type mount struct {
	found bool
	root  string // the group whose directory is at point
	point string
}

// readMountinfo reads /proc/self/mountinfo, or as much of it as there may be.
func readMountinfo(name string) []byte {
	for size := 16 << 10; ; size *= 4 {
		if size >= limits.MountinfoBytes {
			return readFile(name, make([]byte, limits.MountinfoBytes))
		}
		if data, whole := readSome(name, make([]byte, size)); whole {
			return data
		}
	}
}

// mountsOf finds where the process's groups are in a mountinfo (proc_pid_mountinfo(5)). A
// line has the root as its fourth word and the point as its fifth, and after a word that is a
// hyphen the file system's type, its source and its options: the controllers, for a
// hierarchy of version 1. A hierarchy may be mounted several times: that with the
// uppermost root shows the most groups.
func mountsOf(text []byte, m membership) (legacy, unified mount) {
	for len(text) > 0 {
		var l []byte
		l, text = line(text)
		before, after, ok := bytes.Cut(l, []byte(" - "))
		if !ok {
			continue
		}
		kind, after := word(after)
		_, options := word(after)
		switch {
		case string(kind) == "cgroup2":
			unified.consider(before, m.unified)
		case string(kind) == "cgroup" && hasWord(options, "cpu"):
			legacy.consider(before, m.legacy)
		}
	}
	return legacy, unified
}

// consider takes a line's mount if it shows the group and is better than the one so far.
func (m *mount) consider(line []byte, group string) {
	if group == "" {
		return
	}
	var words [5][]byte
	for i := range words {
		words[i], line = word(line)
	}
	root, point := unescape(words[3]), unescape(words[4])
	if !path.IsAbs(point) {
		return // the kernel tells absolute paths only; one with ".." could lead out of the machine's root
	}
	if _, ok := under(group, root); ok && (!m.found || len(root) < len(m.root)) {
		*m = mount{true, root, path.Clean(point)}
	}
}

// unescape puts back the spaces, tabs, newlines and backslashes of a path, which stand in a
// mountinfo as a backslash and three octal digits.
func unescape(s []byte) string {
	if bytes.IndexByte(s, '\\') < 0 {
		return string(s)
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c, ok := octal(s[i:]); ok {
			b.WriteByte(c)
			i += 3
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func octal(s []byte) (c byte, ok bool) {
	if len(s) < 4 || s[0] != '\\' || s[1] > '3' {
		return 0, false
	}
	for _, d := range s[1:4] {
		if d < '0' || d > '7' {
			return 0, false
		}
		c = c<<3 | (d - '0')
	}
	return c, true
}
