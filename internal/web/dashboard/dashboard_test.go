package dashboard

import (
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
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

// configured is the configuration of a dashboard that one can sign in to.
var configured = Config{Issuer: "https://issuer.example/pool", ClientID: "lethe-dashboard", Scope: "lethe/admin"}

func request(t *testing.T, files fs.FS, method, path, accept string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	r.Header.Set("Accept-Encoding", accept)
	w := httptest.NewRecorder()
	serve(files, configured).ServeHTTP(w, r)
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
			if h.Get("Content-Security-Policy") != configured.policy() || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" {
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
	if w.Header().Get("Content-Security-Policy") != configured.policy() {
		t.Error("no policy")
	}
}

// firstRoute limits what any page loads if it is opened first, in bytes of gzip, for any client. everything limits what all
// pages load together, in bytes of Brotli: that is what every browser gets.
const firstRoute, everything = 115_000, 180_000

var (
	imports = regexp.MustCompile(`(?:from|import)"\./([^"]+\.js)"`)
	named   = regexp.MustCompile(`assets/[^"]+`)
	needs   = regexp.MustCompile(`m\.f=\[([^\]]*)\]`)
	pages   = regexp.MustCompile("import\\(`\\./([^`]+\\.js)`\\)[^,]*,__vite__mapDeps\\(\\[([0-9,]*)\\]")
)

// TestSizes measures the embedded build for each page: what index.html names, the chunk of the page, and what these need.
func TestSizes(t *testing.T) {
	built, err := fs.Sub(embedded, "dist/app")
	if err != nil {
		t.Fatal(err)
	}
	page, err := fs.ReadFile(built, index)
	if err != nil {
		t.Skip("the dashboard is not built")
	}
	frame := map[string]bool{}
	for _, name := range named.FindAllString(string(page), -1) {
		addImports(t, built, name, frame)
	}
	routes := routesOf(t, built, frame)
	if len(frame) < 4 || len(routes) < 10 {
		t.Fatalf("%d files of every page and %d pages were found", len(frame), len(routes))
	}
	for name, files := range routes {
		size := sizeOf(t, built, files, ".gz")
		t.Logf("%6d bytes in %d files: %s", size, len(files), name)
		if size > firstRoute {
			t.Errorf("%s takes %d bytes as the first page, at most %d are wanted", name, size, firstRoute)
		}
	}
	names, err := fs.Glob(built, "assets/*.gz")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for _, name := range names {
		all[strings.TrimSuffix(name, ".gz")] = true
	}
	if size := sizeOf(t, built, all, ".br"); size > everything {
		t.Errorf("everything takes %d bytes, at most %d are wanted", size, everything)
	}
}

// routesOf finds the pages in the entry, each with the files that it needs beside those of the frame.
func routesOf(t *testing.T, built fs.FS, frame map[string]bool) map[string]map[string]bool {
	t.Helper()
	routes := map[string]map[string]bool{}
	for entry := range frame {
		if !strings.HasPrefix(entry, "assets/index-") || !strings.HasSuffix(entry, ".js") {
			continue
		}
		content, err := fs.ReadFile(built, entry)
		if err != nil {
			t.Fatal(err)
		}
		needed := strings.Split(string(needs.FindSubmatch(content)[1]), ",")
		for _, match := range pages.FindAllSubmatch(content, -1) {
			files := maps.Clone(frame)
			addImports(t, built, "assets/"+string(match[1]), files)
			for number := range strings.SplitSeq(string(match[2]), ",") {
				if i, err := strconv.Atoi(number); err == nil {
					files[strings.Trim(needed[i], `"`)] = true
				}
			}
			routes[string(match[1])] = files
		}
	}
	return routes
}

// sizeOf adds up the files as they are served in a coding.
func sizeOf(t *testing.T, built fs.FS, files map[string]bool, suffix string) int {
	t.Helper()
	size := 0
	for name := range files {
		info, err := fs.Stat(built, name+suffix)
		if err != nil {
			t.Fatal(err)
		}
		size += int(info.Size())
	}
	return size
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
