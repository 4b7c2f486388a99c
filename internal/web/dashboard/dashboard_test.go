package dashboard

import (
	"bytes"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// build is a build as Vite makes it.
var build = fstest.MapFS{
	"index.html":              {Data: []byte("<!doctype html>page")},
	"index.html.gz":           {Data: []byte("page in gzip")},
	"favicon.svg":             {Data: []byte("<svg/>")},
	"assets/main-B7x.js":      {Data: []byte("script")},
	"assets/main-B7x.js.gz":   {Data: []byte("script in gzip")},
	"assets/main-B7x.js.br":   {Data: []byte("script in brotli")},
	"assets/style-4f0.css":    {Data: []byte("style")},
	"assets/style-4f0.css.gz": {Data: []byte("style in gzip")},
}

func request(t *testing.T, files fs.FS, method, path, accept string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	r.Header.Set("Accept-Encoding", accept)
	w := httptest.NewRecorder()
	serve(files).ServeHTTP(w, r)
	return w
}

func TestFiles(t *testing.T) {
	const immutable = "public, max-age=31536000, immutable"
	for _, tt := range []struct {
		name, method, path, accept                        string
		status                                            int
		contentType, encoding, cacheControl, wantedInBody string
	}{
		{"the page", "GET", "/", "", 200, "text/html; charset=utf-8", "", "no-cache", "page"},
		{"a deep link", "GET", "/customers/k.1", "", 200, "text/html; charset=utf-8", "", "no-cache", "page"},
		{"the page in gzip", "GET", "/operations", "gzip, br", 200, "text/html; charset=utf-8", "gzip", "no-cache", "page in gzip"},
		{"a script", "GET", "/assets/main-B7x.js", "", 200, "text/javascript; charset=utf-8", "", immutable, "script"},
		{"a script in brotli", "GET", "/assets/main-B7x.js", "gzip, deflate, br", 200, "text/javascript; charset=utf-8", "br", immutable, "script in brotli"},
		{"a script to a client that refuses brotli", "GET", "/assets/main-B7x.js", "br;q=0, gzip;q=0.5", 200, "text/javascript; charset=utf-8", "gzip", immutable, "script in gzip"},
		{"a style without brotli", "GET", "/assets/style-4f0.css", "br, gzip", 200, "text/css; charset=utf-8", "gzip", immutable, "style in gzip"},
		{"a file without a hash", "GET", "/favicon.svg", "", 200, "image/svg+xml", "", "no-cache", "<svg/>"},
		{"a script of another build", "GET", "/assets/main-A1y.js", "", 404, "text/plain; charset=utf-8", "", "no-store", "another build"},
		{"a path that climbs", "GET", "/assets/../../dashboard.go", "", 200, "text/html; charset=utf-8", "", "no-cache", "page"},
		{"HEAD", "HEAD", "/", "", 200, "text/html; charset=utf-8", "", "no-cache", ""},
		{"POST", "POST", "/", "", 405, "text/plain; charset=utf-8", "", "", "not allowed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := request(t, build, tt.method, tt.path, tt.accept)
			h := w.Header()
			if w.Code != tt.status || h.Get("Content-Type") != tt.contentType || h.Get("Content-Encoding") != tt.encoding || h.Get("Cache-Control") != tt.cacheControl {
				t.Errorf("%d %v", w.Code, h)
			}
			if body := w.Body.String(); !strings.Contains(body, tt.wantedInBody) || tt.method == http.MethodHead && body != "" {
				t.Errorf("body %q", body)
			}
			if h.Get("Content-Security-Policy") != policy || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("security headers %v", h)
			}
		})
	}
}

func TestWithoutABuildThePageSaysHow(t *testing.T) {
	w := request(t, fstest.MapFS{}, "GET", "/customers", "br")
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "make dashboard") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w.Header().Get("Content-Security-Policy") != policy {
		t.Error("no policy")
	}
}

// firstRoute is how much the first page, the overview, may load, and everything how much all of it may be together: in
// bytes of gzip, as they are served.
const firstRoute, everything = 115_000, 180_000

var imports = regexp.MustCompile(`(?:from|import)"\./([^"]+\.js)"`)

// TestSizes measures the embedded build: what index.html names, the chunk of the first page, and what these import.
func TestSizes(t *testing.T) {
	built, err := fs.Sub(embedded, "dist/app")
	if err != nil {
		t.Fatal(err)
	}
	page, err := fs.ReadFile(built, index)
	if err != nil {
		t.Skip("the dashboard is not built")
	}
	names, err := fs.Glob(built, "assets/*.gz")
	if err != nil {
		t.Fatal(err)
	}
	first, all := map[string]bool{}, 0
	for _, name := range names {
		info, err := fs.Stat(built, name)
		if err != nil {
			t.Fatal(err)
		}
		all += int(info.Size())
		if plain := strings.TrimSuffix(name, ".gz"); bytes.Contains(page, []byte(plain)) || strings.HasPrefix(name, "assets/overview-") {
			addImports(t, built, plain, first)
		}
	}
	loaded := 0
	for name := range first {
		info, err := fs.Stat(built, name+".gz")
		if err != nil {
			t.Fatal(err)
		}
		loaded += int(info.Size())
	}
	t.Logf("first route %d bytes in %d files, everything %d bytes", loaded, len(first), all)
	if len(first) < 3 || loaded > firstRoute || all > everything {
		t.Errorf("the first route takes %d bytes of at most %d, everything %d of at most %d", loaded, firstRoute, all, everything)
	}
}

// addImports adds a file, and all that it loads before it runs.
func addImports(t *testing.T, built fs.FS, name string, to map[string]bool) {
	t.Helper()
	if to[name] {
		return
	}
	to[name] = true
	content, err := fs.ReadFile(built, name)
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range imports.FindAllSubmatch(content, -1) {
		addImports(t, built, "assets/"+string(match[1]), to)
	}
}
