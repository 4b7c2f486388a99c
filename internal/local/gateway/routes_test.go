package gateway_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"lethe/internal/local/gateway"
)

func TestRoutes(t *testing.T) {
	t.Parallel()
	routes := &gateway.Routes{}
	for _, path := range []string{"", "/v1/{proxy+}", "/v1/deep/{proxy+}", "/docs", "/v1/exact"} {
		named := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, gateway.Key(path)) })
		if err := routes.Add(path, named); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{
		"/": "$default", "/docs": "ANY /docs", "/docs/x": "$default", "/v1": "$default", "/v1/": "$default", "/v11/x": "$default",
		"/v1/x": "ANY /v1/{proxy+}", "/v1/x/y": "ANY /v1/{proxy+}", "/v1/deep/x": "ANY /v1/deep/{proxy+}", "/v1/exact": "ANY /v1/exact",
		"/v1/exact/x": "ANY /v1/{proxy+}",
	} {
		w := httptest.NewRecorder()
		routes.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Body.String() != want {
			t.Errorf("%s leads to %s, want %s", path, w.Body, want)
		}
	}
	if err := routes.Add("/docs", http.NotFoundHandler()); err == nil {
		t.Error("a second route of the same path was taken")
	}
	w := httptest.NewRecorder()
	(&gateway.Routes{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("without routes the answer is %d", w.Code)
	}
}
