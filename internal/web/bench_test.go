package web

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"lethe/internal/bulk"
)

func newBenchmarked() http.Handler {
	return New(NoCustomers(), &bulk.Engine{}, Admins(noRules{}), Options{})
}

// ask sends a request that is answered without the rules: its query breaks the schema.
func ask(b *testing.B, api http.Handler) {
	r := httptest.NewRequestWithContext(SignedIn(b.Context(), "ann"), http.MethodGet, "/v1/customers?state=gone&limit=50", nil)
	w := httptest.NewRecorder()
	if api.ServeHTTP(w, r); w.Code != http.StatusUnprocessableEntity {
		b.Fatal(w.Code, w.Body)
	}
}

// BenchmarkNew measures what an API takes of a cold start.
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		newBenchmarked()
	}
}

// BenchmarkFirstRequest measures a route's first request, with the start of its API.
func BenchmarkFirstRequest(b *testing.B) {
	for b.Loop() {
		ask(b, newBenchmarked())
	}
}

// BenchmarkRequest measures a route's later requests.
func BenchmarkRequest(b *testing.B) {
	api := newBenchmarked()
	for b.Loop() {
		ask(b, api)
	}
}
