package web

import (
	"fmt"
	"net/http"
	"sync"
)

// serveDocument serves the OpenAPI document, as JSON and YAML, and the page made from it.
func (a *api) serveDocument() {
	document := sync.OnceValue(a.document)
	a.mux.HandleFunc("GET /openapi.json", lazily("application/openapi+json", func() ([]byte, error) { return document().MarshalJSON() }))
	a.mux.HandleFunc("GET /openapi.yaml", lazily("application/openapi+yaml", func() ([]byte, error) { return document().YAML() }))
	a.serveDocs(document)
}

// lazily serves content that is made at the first request for it. Most processes never get one, and a cold start must
// not wait for it.
func lazily(contentType string, content func() ([]byte, error)) http.HandlerFunc {
	once := sync.OnceValues(content)
	return func(w http.ResponseWriter, _ *http.Request) {
		text, err := once()
		if err != nil {
			panic(fmt.Errorf("make a document: %w", err)) // a fault of our own types; ServeHTTP answers 500
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(text) // an error means that the client is gone
	}
}
