package web

import (
	"fmt"
	"net/http"
)

// serveDocument serves what describes the API. It is made once: routes do not change.
func (a *api) serveDocument() {
	document := a.huma.OpenAPI()
	asJSON, err := document.MarshalJSON()
	if err != nil {
		panic(fmt.Errorf("the OpenAPI document can't be written: %w", err))
	}
	asYAML, err := document.YAML()
	if err != nil {
		panic(fmt.Errorf("the OpenAPI document can't be written: %w", err))
	}
	a.mux.HandleFunc("GET /openapi.json", static("application/openapi+json", asJSON))
	a.mux.HandleFunc("GET /openapi.yaml", static("application/openapi+yaml", asYAML))
	a.mux.Handle("GET /{$}", http.RedirectHandler("/docs", http.StatusSeeOther))
	a.serveDocs(document)
}

func static(contentType string, content []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(content) // the client is gone, or reads it
	}
}
