package gateway

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"lethe/internal/template"
)

// Default is the key of the route for requests that no other route takes.
const Default = "$default"

// Routes passes requests to the handlers of routes, as an HTTP API does: first an exact path, then the longest path with a
// greedy end, then the default.
type Routes struct{ routes []route }

type route struct {
	path    string
	handler http.Handler
}

// Key is the key of a route of any method. An empty path is the default.
func Key(path string) string {
	if path == "" {
		return Default
	}
	return "ANY " + path
}

// Add adds a route; a second one of the same path is an error. An empty path is the default.
func (r *Routes) Add(path string, handler http.Handler) error {
	for _, other := range r.routes {
		if other.path == path {
			return fmt.Errorf("route %s is declared twice", Key(path))
		}
	}
	r.routes = append(r.routes, route{path, handler})
	slices.SortStableFunc(r.routes, func(a, b route) int { return b.precedence() - a.precedence() })
	return nil
}

// precedence sorts exact paths before greedy ones, the longer before the shorter.
func (r route) precedence() int {
	if strings.HasSuffix(r.path, template.Greedy) {
		return len(r.path)
	}
	return len(r.path) << 16
}

func (r route) takes(path string) bool {
	if above, ok := strings.CutSuffix(r.path, template.Greedy); ok {
		rest, below := strings.CutPrefix(path, above+"/")
		return below && rest != ""
	}
	return r.path == "" || r.path == path
}

func (r *Routes) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	for _, route := range r.routes {
		if route.takes(request.URL.Path) {
			route.handler.ServeHTTP(w, request)
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusNotFound)
	_, _ = w.Write([]byte(`{"message":"Not Found"}`))
}
