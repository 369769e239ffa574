package source

import (
	"path"
	"strconv"
	"strings"
)

// imported returns the path of the package that a file imports by a name, "" if none. Where the file gives
// it none, a package is taken to have the name that its path ends with.
func (s *file) imported(name string) string {
	for _, i := range s.tree.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			continue
		}
		if i.Name != nil && i.Name.Name == name || i.Name == nil && named(p) == name {
			return p
		}
	}
	return ""
}

// named returns the name that a package with a path has by custom: yaml for gopkg.in/yaml.v3, and for
// example.com/go-yaml/v3.
func named(p string) string {
	base := path.Base(p)
	if isVersion(base) && path.Dir(p) != "." {
		base = path.Base(path.Dir(p))
	}
	if name, version, ok := strings.Cut(base, "."); ok && isVersion(version) {
		base = name
	}
	return strings.TrimPrefix(base, "go-")
}

// isVersion reports whether a text is v2 or the like.
func isVersion(s string) bool {
	digits, ok := strings.CutPrefix(s, "v")
	return ok && digits != "" && strings.Trim(digits, "0123456789") == ""
}
