// Package dashboard serves the built dashboard: static files that call the API on the same origin.
//
// The TypeScript sources lie beside this file; .ci/dashboard builds them into dist/app, which is embedded. Without a
// build the package compiles all the same, and its page says how to build it.
package dashboard

import (
	"embed"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed all:dist
var embedded embed.FS

// hashed is the folder of files that have a hash of their content in their name.
const hashed = "assets/"

const index = "index.html"

// configPath is where the page reads how to sign in.
const configPath = "config.json"

// Handler serves the embedded build, and the configuration.
func Handler(config Config) http.Handler {
	built, err := fs.Sub(embedded, "dist/app")
	if err != nil {
		panic(err) // the name is a valid path
	}
	return serve(built, config)
}

// serve answers with the files of a build, and with the configuration.
func serve(built fs.FS, config Config) http.Handler {
	files := &files{built: built}
	policy := config.policy()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header(), policy)
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "Method not allowed", http.StatusMethodNotAllowed)
			return
		}
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		if name == configPath {
			config.serve(w, r)
			return
		}
		files.answer(w, r, name)
	})
}

func secure(h http.Header, policy string) {
	h.Set("Content-Security-Policy", policy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Strict-Transport-Security", "max-age=31536000") // browsers ignore it on plain HTTP
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
}

type files struct{ built fs.FS }

// answer sends the file, or index.html for the address of a page: which pages there are, the page itself knows.
func (f *files) answer(w http.ResponseWriter, r *http.Request, name string) {
	switch {
	case isFile(f.built, name):
		f.send(w, r, name)
	case strings.HasPrefix(name, hashed):
		// A page of an earlier build asks for its own files: HTML in place of a script would hide that.
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, "This file belongs to another build of the dashboard. Reload the page.", http.StatusNotFound)
	case isFile(f.built, index):
		f.send(w, r, index)
	default:
		unbuilt(w)
	}
}

func isFile(files fs.FS, name string) bool {
	info, err := fs.Stat(files, name)
	return err == nil && info.Mode().IsRegular()
}

// send writes the file in the smallest coding that the client takes and the build has.
func (f *files) send(w http.ResponseWriter, r *http.Request, name string) {
	h := w.Header()
	h.Set("Content-Type", types[path.Ext(name)])
	h.Set("Cache-Control", "no-cache")
	if strings.HasPrefix(name, hashed) {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	h.Set("Vary", "Accept-Encoding")
	for _, coding := range codings {
		if accepts(r.Header.Get("Accept-Encoding"), coding.name) && isFile(f.built, name+coding.suffix) {
			h.Set("Content-Encoding", coding.name)
			name += coding.suffix
			break
		}
	}
	file, err := f.built.Open(name)
	if err != nil {
		http.Error(w, "The file can't be read.", http.StatusInternalServerError)
		return
	}
	defer file.Close()
	if r.Method != http.MethodHead {
		_, _ = io.Copy(w, file) // the client is gone, or reads it
	}
}

// types are those of the build's files. The machine's own table may know others.
var types = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
}

// codings are what the build compresses files with, the smallest first.
var codings = []struct{ name, suffix string }{{"br", ".br"}, {"gzip", ".gz"}}

// accepts tells whether the header names the coding and doesn't refuse it.
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, parameter, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		quality, found := strings.CutPrefix(strings.TrimSpace(parameter), "q=")
		value, err := strconv.ParseFloat(quality, 64)
		return !found || err == nil && value > 0
	}
	return false
}

const unbuiltPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Lethe</title>
<h1>The dashboard is not built</h1>
<p>The API works without it: see <a href="/docs">its documentation</a>. To build the dashboard, install Node 20 or later, run
<code>make dashboard</code>, and start Lethe again. <code>make run</code> does it by itself.</p>
</html>
`

func unbuilt(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write([]byte(unbuiltPage)) // the client is gone, or reads it
}
