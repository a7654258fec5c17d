package static

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// handler is made once: it compresses every file.
var handler = Handler()

func get(t testing.TB, path string, header ...string) *http.Response {
	t.Helper()
	return request(t, http.MethodGet, path, header...)
}

func request(t testing.TB, method, path string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Result()
}

func body(t testing.TB, res *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPagesAndFilesAreServed(t *testing.T) {
	for path, want := range map[string]string{
		"/": "text/html", "/screen": "text/html", "/console": "text/html",
		"/static/rollcall.js": "text/javascript", "/static/sdk/fold.js": "text/javascript",
		"/static/css/base.css": "text/css", "/static/icon.svg": "image/svg+xml",
	} {
		res := get(t, path)
		if res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Content-Type"), want) {
			t.Errorf("%s: %d %s, want 200 %s", path, res.StatusCode, res.Header.Get("Content-Type"), want)
		}
		if body(t, res) == "" {
			t.Errorf("%s is empty", path)
		}
	}
}

func TestAnythingElseIsNotFound(t *testing.T) {
	for _, path := range []string{
		"/nothing", "/static/", "/static", "/static/static.go", "/static/screen.html", "/index.html",
		"/static/test/fold.test.mjs", "/static/../go.mod", "/screen/",
	} {
		if res := get(t, path); res.StatusCode != 404 {
			t.Errorf("%s: %d, want 404", path, res.StatusCode)
		}
	}
}

func TestOnlyReading(t *testing.T) {
	res := request(t, http.MethodPost, "/")
	if res.StatusCode != 405 || res.Header.Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d, Allow %q", res.StatusCode, res.Header.Get("Allow"))
	}
	res = request(t, http.MethodHead, "/screen")
	if res.StatusCode != 200 || body(t, res) != "" || res.Header.Get("Content-Length") == "" {
		t.Errorf("HEAD: %d, Content-Length %q", res.StatusCode, res.Header.Get("Content-Length"))
	}
}

func TestHeadersOfEveryFile(t *testing.T) {
	files, err := load(embedded)
	if err != nil {
		t.Fatal(err)
	}
	for path := range files {
		h := get(t, path).Header
		for name, want := range map[string]string{
			"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff",
			"Referrer-Policy": "no-referrer", "Cache-Control": "no-cache", "Vary": "Accept-Encoding",
		} {
			if h.Get(name) != want {
				t.Errorf("%s: %s is %q, want %q", path, name, h.Get(name), want)
			}
		}
	}
}

func TestETagSparesTheBody(t *testing.T) {
	for _, encoding := range []string{"", "gzip"} {
		first := get(t, "/screen", "Accept-Encoding", encoding)
		again := get(t, "/screen", "Accept-Encoding", encoding, "If-None-Match", `"other", W/`+first.Header.Get("ETag"))
		if again.StatusCode != 304 || body(t, again) != "" {
			t.Errorf("encoding %q: %d, want 304 without a body", encoding, again.StatusCode)
		}
	}
	if get(t, "/screen").Header.Get("ETag") == get(t, "/screen", "Accept-Encoding", "gzip").Header.Get("ETag") {
		t.Error("two encodings share a tag")
	}
}

func TestGzipOnlyWhereTaken(t *testing.T) {
	for accept, want := range map[string]bool{
		"gzip": true, "br, GZIP;q=0.5": true, "": false, "br": false, "gzip;q=0": false, "gzip; q=0.0": false,
	} {
		res := get(t, "/static/rollcall.js", "Accept-Encoding", accept)
		if packed := res.Header.Get("Content-Encoding") == "gzip"; packed != want {
			t.Errorf("Accept-Encoding %q: packed %v, want %v", accept, packed, want)
		}
	}
	z, err := gzip.NewReader(get(t, "/static/rollcall.js", "Accept-Encoding", "gzip").Body)
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if string(unpacked) != body(t, get(t, "/static/rollcall.js")) {
		t.Error("the packed file is another")
	}
}

// references are the files an HTML, JavaScript or CSS text asks for.
var references = regexp.MustCompile(`(?:src|href)="([^"]*)"|(?:from|import) '([^']*)'|url\(([^)]*)\)`)

// firstPaint returns the packed bytes of a page with all that it loads.
func firstPaint(t testing.TB, files map[string]*file, path string, seen map[string]bool) int {
	t.Helper()
	if seen[path] || pages[path] != "" && len(seen) > 0 {
		return 0 // had, or a link to another page
	}
	seen[path] = true
	f, ok := files[path]
	if !ok {
		t.Fatalf("%s is asked for, but not served", path)
	}
	size := len(f.packed)
	for _, m := range references.FindAllStringSubmatch(string(f.plain), -1) {
		ref := m[1] + m[2] + m[3]
		if strings.HasPrefix(ref, ".") {
			ref = resolve(path, ref)
		}
		if strings.HasPrefix(ref, "/") && !strings.Contains(ref, "?") {
			size += firstPaint(t, files, ref, seen)
		}
	}
	return size
}

func resolve(from, ref string) string {
	base := httptest.NewRequest(http.MethodGet, from, nil).URL
	u, err := base.Parse(ref)
	if err != nil {
		return ref
	}
	return u.Path
}

func TestFirstPaintBudget(t *testing.T) {
	files, err := load(embedded)
	if err != nil {
		t.Fatal(err)
	}
	const budget = 60_000 // bytes, gzipped
	for path := range pages {
		seen := map[string]bool{}
		size := firstPaint(t, files, path, seen)
		t.Logf("%s: %d bytes in %d files", path, size, len(seen))
		if size > budget {
			t.Errorf("%s needs %d bytes, budget %d", path, size, budget)
		}
		if !seen["/static/rollcall.js"] || !seen["/static/css/base.css"] {
			t.Errorf("%s: the walk missed files: %v", path, seen)
		}
	}
}

func TestNothingInlineNothingFromElsewhere(t *testing.T) {
	files, err := load(embedded)
	if err != nil {
		t.Fatal(err)
	}
	inline := regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+="|javascript:|<script(?:[^>]*)>[^<]|setAttribute\('style'|innerHTML`)
	elsewhere := regexp.MustCompile(`(?i)["'(](?:https?:)?//[a-z0-9]`)
	for path, f := range files {
		if m := inline.FindString(string(f.plain)); m != "" {
			t.Errorf("%s: inline %q", path, m)
		}
		text := strings.ReplaceAll(string(f.plain), "http://www.w3.org/2000/svg", "") // a name, not an address
		if m := elsewhere.FindString(text); m != "" {
			t.Errorf("%s: address elsewhere %q", path, m)
		}
	}
}
