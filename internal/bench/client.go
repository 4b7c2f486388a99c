package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
)

// client calls an API that runs in this process, without a network.
type client struct {
	api    http.Handler
	header map[string]string
}

// call makes a request and decodes the response into answer, unless that is nil. Any status but 2xx is an error.
func (c client) call(ctx context.Context, method, url string, body, answer any) error {
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			return err
		}
	}
	request := httptest.NewRequestWithContext(ctx, method, url, &sent)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for name, value := range c.header {
		request.Header.Set(name, value)
	}
	response := httptest.NewRecorder()
	c.api.ServeHTTP(response, request)
	if response.Code >= http.StatusMultipleChoices {
		return fmt.Errorf("%s %s: %d %s", method, url, response.Code, response.Body)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(response.Body.Bytes(), answer)
}
