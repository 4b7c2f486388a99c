package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/danielgtaylor/huma/v2"
)

// TestEachRouteIsAsDocumented registers each route alone, as its first request does, and compares it and its schemas with
// those of the document.
func TestEachRouteIsAsDocumented(t *testing.T) {
	a := newAPI(t)
	documented, routes := a.document(), 0
	for _, register := range a.registrations {
		var only singleRoute
		alone := a.newHuma(&only)
		register(alone)
		if only.HandlerFunc == nil {
			t.Error("a route has no handler")
		}
		for path, item := range alone.OpenAPI().Paths {
			for _, method := range methods {
				if op := operationOf(item, method); op != nil {
					routes++
					sameJSON(t, method+" "+path, op, operationOf(documented.Paths[path], method))
				}
			}
		}
		for name, schema := range alone.OpenAPI().Components.Schemas.Map() {
			sameJSON(t, "schema "+name, schema, documented.Components.Schemas.Map()[name])
		}
	}
	if routes != len(a.registrations) || routes < 36 {
		t.Errorf("%d routes of %d", routes, len(a.registrations))
	}
}

func sameJSON(t *testing.T, what string, alone, documented any) {
	t.Helper()
	got, err := json.Marshal(alone)
	if err != nil {
		t.Fatal(err)
	}
	want, err := json.Marshal(documented)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s is\n%s\nand in the document\n%s", what, got, want)
	}
}

// TestFirstRequestsComeTogether sends several first requests to each route and for the document at once. It shows a race
// only with the race detector.
func TestFirstRequestsComeTogether(t *testing.T) {
	a := newAPI(t)
	requests := []string{"GET /openapi.json", "GET /openapi.yaml", "GET /docs"}
	newAPI(t).each(func(method, path string, _ *huma.Operation) { requests = append(requests, method+" "+path) })
	var all sync.WaitGroup
	for range 3 {
		for _, route := range requests {
			method, path, _ := strings.Cut(route, " ")
			want := http.StatusUnprocessableEntity // by the schema, for its query
			if !strings.HasPrefix(path, "/v1/") {
				want = http.StatusOK
			}
			all.Go(func() {
				w := httptest.NewRecorder()
				a.ServeHTTP(w, httptest.NewRequestWithContext(SignedIn(t.Context(), "ann"), method, path+"?unknown=x", nil))
				if w.Code != want {
					t.Errorf("%s: %d %s", route, w.Code, w.Body)
				}
			})
		}
	}
	all.Wait()
}

// TestARouteIsRegisteredOnce counts registrations of one that works, and of one that panics at each request.
func TestARouteIsRegisteredOnce(t *testing.T) {
	a := newAPI(t)
	var registered atomic.Int32
	works := a.endpoint(func(to huma.API) {
		registered.Add(1)
		to.Adapter().Handle(&huma.Operation{Method: http.MethodGet, Path: "/x"}, func(ctx huma.Context) { ctx.SetStatus(http.StatusTeapot) })
	})
	a.mux.HandleFunc("GET /works", works)
	a.mux.HandleFunc("GET /panics", a.endpoint(func(huma.API) { registered.Add(1); panic("two schemas have one name") }))
	for path, want := range map[string]int{"/works": http.StatusTeapot, "/panics": http.StatusInternalServerError} {
		registered.Store(0)
		for range 3 {
			w := httptest.NewRecorder()
			if a.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil)); w.Code != want {
				t.Errorf("%s: %d, want %d", path, w.Code, want)
			}
		}
		if n := registered.Load(); n != 1 {
			t.Errorf("%s was registered %d times", path, n)
		}
	}
}

// TestAFreshAPIKnowsItsRoutes asks an API that has served nothing for paths and methods that it has and has not.
func TestAFreshAPIKnowsItsRoutes(t *testing.T) {
	for _, tt := range []struct {
		method, path string
		status       int
		code, allow  string
	}{
		{http.MethodHead, "/v1/customers?limit=0", http.StatusUnprocessableEntity, "INVALID", ""},
		{http.MethodHead, "/openapi.json", http.StatusOK, "", ""},
		{http.MethodPut, "/v1/customers", http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "GET, HEAD, POST"},
		{http.MethodPost, "/v1/customers/A/holds/case", http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "DELETE, PUT"},
		{http.MethodGet, "/v1/nothing", http.StatusNotFound, "NO_ROUTE", ""},
		{http.MethodGet, "/v1/customers/", http.StatusNotFound, "NO_ROUTE", ""},
	} {
		w := httptest.NewRecorder()
		newAPI(t).ServeHTTP(w, httptest.NewRequestWithContext(SignedIn(t.Context(), "ann"), tt.method, tt.path, nil))
		if w.Code != tt.status || w.Header().Get("Allow") != tt.allow || tt.code != "" && !strings.Contains(w.Body.String(), `"`+tt.code+`"`) {
			t.Errorf("%s %s: %d %q %.200s", tt.method, tt.path, w.Code, w.Header().Get("Allow"), w.Body)
		}
	}
}
