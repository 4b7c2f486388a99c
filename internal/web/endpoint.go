package web

import (
	"net/http"
	"sync"

	"github.com/danielgtaylor/huma/v2"
)

// endpoint returns the handler of one route, which huma registers at the route's first request: making the schemas of all
// routes is most of a cold start, and a process rarely serves more than a few. Each route has an API of huma's and a
// registry of schemas for itself, so requests of other routes can't see them change.
func (a *api) endpoint(register func(huma.API)) http.HandlerFunc {
	registered := sync.OnceValue(func() http.HandlerFunc {
		var only singleRoute
		register(a.newHuma(&only))
		return only.HandlerFunc
	})
	return func(w http.ResponseWriter, r *http.Request) { registered()(w, r) }
}

// singleRoute is a mux for one route. Its pattern is not compared: the mux of the api has done it.
type singleRoute struct{ http.HandlerFunc }

// HandleFunc sets the handler. huma calls it.
func (s *singleRoute) HandleFunc(_ string, handler func(http.ResponseWriter, *http.Request)) {
	s.HandlerFunc = handler
}

// document returns the OpenAPI document of all routes. An error in the declaration of a route, such as a second schema
// with the same name, is a panic.
func (a *api) document() *huma.OpenAPI {
	all := a.newHuma(http.NewServeMux())
	for _, register := range a.registrations {
		register(all)
	}
	return all.OpenAPI()
}
