// Command openapi prints the API's OpenAPI document, of which the dashboard's client is made.
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"lethe/internal/web"
)

func main() {
	answer := httptest.NewRecorder()
	request := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/openapi.json", nil)
	web.New(nil, nil, nil, web.Options{}).ServeHTTP(answer, request)
	if answer.Code != http.StatusOK {
		fmt.Fprintln(os.Stderr, "openapi: the document is answered with", answer.Code)
		os.Exit(1)
	}
	_, _ = answer.Body.WriteTo(os.Stdout)
}
