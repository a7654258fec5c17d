// Package static is what browsers get: the pages, the SDK and their styles,
// embedded in the binary. Halls are offline, so nothing comes from elsewhere,
// and there is no build step: what is served is what is in this directory.
//
// It is not for data: pages read the API of the node that served them.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed *.html *.js *.svg css sdk pages
var embedded embed.FS

// policy lets a page load from its own server only; 'self' in connect-src
// covers the WebSocket of the same host and port.
const policy = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

// pages are the paths that are no file names.
var pages = map[string]string{"/": "index.html", "/screen": "screen.html", "/console": "console.html"}

// types of the files we have; the system's own table may not know them.
var types = map[string]string{
	".html": "text/html; charset=utf-8",
	".js":   "text/javascript; charset=utf-8",
	".css":  "text/css; charset=utf-8",
	".svg":  "image/svg+xml",
}

// file is one file, ready to be sent.
type file struct {
	contentType string
	etag        string
	plain       []byte
	packed      []byte // gzip
}

// Handler serves the pages at /, /screen and /console and every file below
// /static/. Anything else is 404. Files are compressed once, here.
func Handler() http.Handler {
	files, err := load(embedded)
	if err != nil {
		panic("static: the embedded files cannot be read: " + err.Error()) // a defect of the build
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
			return
		}
		f.serve(w, r)
	})
}

// load reads every file into a map by the path it is served at.
func load(tree fs.FS) (map[string]*file, error) {
	files := map[string]*file{}
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		f, err := newFile(name, content)
		if err != nil {
			return err
		}
		files["/static/"+name] = f
		return nil
	})
	if err != nil {
		return nil, err
	}
	for address, name := range pages {
		files[address] = files["/static/"+name]
		delete(files, "/static/"+name)
	}
	return files, nil
}

func newFile(name string, content []byte) (*file, error) {
	contentType, ok := types[path.Ext(name)]
	if !ok {
		return nil, fmt.Errorf("no content type for %s", name)
	}
	var packed bytes.Buffer
	z, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(content); err != nil {
		return nil, fmt.Errorf("compress %s: %w", name, err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("compress %s: %w", name, err)
	}
	sum := sha256.Sum256(content)
	return &file{contentType: contentType, etag: hex.EncodeToString(sum[:8]), plain: content, packed: packed.Bytes()}, nil
}

// serve answers GET and HEAD. The two encodings have tags of their own, as
// RFC 9110 §8.8.3 asks.
func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	body, etag := f.plain, `"`+f.etag+`"`
	h := w.Header()
	if takesGzip(r.Header.Get("Accept-Encoding")) {
		body, etag = f.packed, `"`+f.etag+`-gz"`
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Type", f.contentType)
	h.Set("ETag", etag)
	h.Set("Vary", "Accept-Encoding")
	h.Set("Cache-Control", "no-cache")
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	if matches(r.Header.Get("If-None-Match"), etag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // the reader may leave
	}
}

// takesGzip reports whether an Accept-Encoding header admits gzip.
func takesGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		coding, params, _ := strings.Cut(part, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			quality, found := strings.CutPrefix(strings.ReplaceAll(params, " ", ""), "q=")
			return !found || strings.Trim(quality, "0.") != ""
		}
	}
	return false
}

// matches reports whether an If-None-Match header names the tag.
func matches(header, etag string) bool {
	for part := range strings.SplitSeq(header, ",") {
		if tag := strings.TrimPrefix(strings.TrimSpace(part), "W/"); tag == etag || tag == "*" {
			return true
		}
	}
	return false
}
