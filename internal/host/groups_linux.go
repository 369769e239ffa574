package host

import (
	"bytes"
	"path"
	"path/filepath"
	"strings"

	"github.com/gotracewatch/tracewatch/detectors"
	"github.com/gotracewatch/tracewatch/internal/limits"
)

// groups are the cgroups that the process is in.
type groups struct {
	root, cgroup, mountinfo string

	told     []byte // what /proc/self/cgroup said when the rest was found
	throttle throttle
	pressure pressure
}

func newGroups(root string) groups {
	return groups{
		root:      root,
		cgroup:    filepath.Join(root, "proc/self/cgroup"),
		mountinfo: filepath.Join(root, "proc/self/mountinfo"),
		pressure:  pressure{machine: filepath.Join(root, "proc/pressure/cpu")},
	}
}

// read reads them. While the process has no descriptor left nothing can be read, and nothing is
// forgotten either.
func (g *groups) read(room []byte) (detectors.Throttle, detectors.Pressure) {
	if told := readFile(g.cgroup, room); len(told) > 0 && !bytes.Equal(told, g.told) {
		g.find(told)
	}
	return g.throttle.read(room), g.pressure.read(room)
}

// find looks where the files of the groups are.
func (g *groups) find(told []byte) {
	mounts := readMountinfo(g.mountinfo)
	if len(mounts) == 0 {
		return
	}
	g.told = append(g.told[:0], told...)
	m := membershipOf(told)
	legacy, unified := mountsOf(mounts, m)
	switch {
	case legacy.found:
		g.throttle.move(1, g.dirs(legacy, m.legacy))
	case unified.found:
		g.throttle.move(2, g.dirs(unified, m.unified))
	default:
		g.throttle.move(0, nil)
	}
	if unified.found {
		g.pressure.move(g.dirs(unified, m.unified)[0])
	} else {
		g.pressure.move("")
	}
}

// dirs returns the directories of a group and of those around it, the group's own first. Only
// the nearest are taken if they are many.
func (g *groups) dirs(m mount, group string) []string {
	below, _ := under(group, m.root)
	var dirs []string
	for len(dirs) < limits.CgroupLevels {
		dirs = append(dirs, filepath.Join(g.root, m.point, below))
		if below == "/" {
			break
		}
		below = path.Dir(below)
	}
	return dirs
}

// A membership is which groups a process is in.
type membership struct {
	legacy  string // of the hierarchy of version 1 that has the cpu controller; "" if there is none
	unified string // of version 2; "" if there is none
}

// membershipOf reads /proc/self/cgroup. Its lines are number:controllers:path, where the
// hierarchy of version 2 has the number 0 and no controllers.
func membershipOf(text []byte) (m membership) {
	for len(text) > 0 {
		var l []byte
		l, text = line(text)
		number, l, ok := bytes.Cut(l, []byte(":"))
		controllers, group, ok2 := bytes.Cut(l, []byte(":"))
		switch {
		case !ok || !ok2 || len(group) == 0 || group[0] != '/':
		case string(number) == "0" && len(controllers) == 0:
			m.unified = string(group)
		case hasWord(controllers, "cpu"):
			m.legacy = string(group)
		}
	}
	return m
}

// hasWord reports whether a list with commas has a word in it.
func hasWord(list []byte, word string) bool {
	for len(list) > 0 {
		var w []byte
		if w, list, _ = bytes.Cut(list, []byte(",")); string(w) == word {
			return true
		}
	}
	return false
}

// under returns where a group is below another, "/" for that other itself. It returns false for
// a group that is elsewhere: a process can be in one above or beside the root of its
// namespace, which is shown as "/..", and then nobody can tell from here what is around it.
func under(group, root string) (below string, ok bool) {
	below, ok = group, true
	if root != "/" {
		below, ok = strings.CutPrefix(group, root)
	}
	if ok && below == "" {
		return "/", true
	}
	return below, ok && below[0] == '/' && path.Clean(below) == below
}
