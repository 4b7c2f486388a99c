package web

import (
	"fmt"
	"net/http"
	"sync"
)

// serveDocument serves what describes the API.
func (a *api) serveDocument() {
	document := a.huma.OpenAPI()
	a.mux.HandleFunc("GET /openapi.json", lazily("application/openapi+json", document.MarshalJSON))
	a.mux.HandleFunc("GET /openapi.yaml", lazily("application/openapi+yaml", document.YAML))
	a.serveDocs(document)
}

// lazily serves what is made once, when it is first asked for: most processes are
// never asked, and a cold start should not wait for it.
func lazily(contentType string, content func() ([]byte, error)) http.HandlerFunc {
	once := sync.OnceValues(content)
	return func(w http.ResponseWriter, _ *http.Request) {
		text, err := once()
		if err != nil {
			panic(fmt.Errorf("make a document: %w", err)) // it is made of our own types, and answered as a fault
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(text) // the client is gone, or reads it
	}
}
