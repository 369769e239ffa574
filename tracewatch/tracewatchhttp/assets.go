package tracewatchhttp

import (
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// pageName is the asset that is served at the root.
const pageName = "page.html"

// file is an asset.
type file struct {
	contentType string
	hash        string
	doc         document
}

// readAssets returns what there is to serve, by the names it is served under. It is in the program, so that
// reading it does not fail.
func readAssets(from fs.FS) map[string]*file {
	files := make(map[string]*file)
	_ = fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		contentType := contentTypeOf(name)
		data, err := fs.ReadFile(from, name)
		if err != nil || contentType == "" {
			return err
		}
		sum := sha256.Sum256(data)
		base := path.Base(name)
		if base == pageName {
			base = ""
		}
		files[base] = &file{contentType, hex.EncodeToString(sum[:12]), document{plain: data}}
		return nil
	})
	return files
}

// contentTypeOf returns the type of an asset, "" for what is none. The machine's own table is not asked.
func contentTypeOf(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	}
	return ""
}

// serveAsset sends an asset, or says that the client has it.
func (h *handler) serveAsset(x *exchange, name string) error {
	f := h.files[name]
	if f == nil {
		return unknown(x.r, name)
	}
	body := x.choose(&f.doc)
	header := x.w.Header()
	tag := `"` + f.hash + `"`
	if header.Get("Content-Encoding") != "" {
		tag = `"` + f.hash + `-gzip"`
	}
	header.Set("Etag", tag)
	header.Set("Cache-Control", "private, no-cache")
	if hasTag(x.r.Header.Values("If-None-Match"), tag) {
		header.Del("Content-Encoding")
		x.start(http.StatusNotModified, "", -1)
		return nil
	}
	x.send(http.StatusOK, f.contentType, body)
	return nil
}

// hasTag tells if one of the tags of If-None-Match is that one.
func hasTag(lines []string, tag string) bool {
	for _, line := range lines {
		for t := range strings.SplitSeq(line, ",") {
			if t = strings.TrimSpace(t); t == "*" || strings.TrimPrefix(t, "W/") == tag {
				return true
			}
		}
	}
	return false
}
