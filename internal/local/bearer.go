package main

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// tokenUse is how long a token is used. The API asks for a fresh sign-in before some actions, and a token is one when it is new.
const tokenUse = time.Minute

// bearer sends requests with an access token of a demo administrator. A request that has a token keeps it.
type bearer struct {
	issue func(ctx context.Context) (string, error)

	mu    sync.Mutex
	token string
	until time.Time
}

// clientOf returns a client for the API that acts as the demo administrator.
func clientOf(issuer, administrator string) *http.Client {
	return &http.Client{Transport: &bearer{issue: func(ctx context.Context) (string, error) { return tokenOf(ctx, issuer, administrator) }}}
}

// RoundTrip implements [http.RoundTripper].
func (b *bearer) RoundTrip(request *http.Request) (*http.Response, error) {
	if len(request.Header.Values("Authorization")) > 0 {
		return http.DefaultTransport.RoundTrip(request)
	}
	token, err := b.current(request.Context())
	if err != nil {
		if request.Body != nil {
			_ = request.Body.Close()
		}
		return nil, err
	}
	request = request.Clone(request.Context())
	request.Header.Set("Authorization", "Bearer "+token)
	return http.DefaultTransport.RoundTrip(request)
}

func (b *bearer) current(ctx context.Context) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if time.Now().Before(b.until) {
		return b.token, nil
	}
	token, err := b.issue(ctx)
	if err != nil {
		return "", err
	}
	b.token, b.until = token, time.Now().Add(tokenUse)
	return token, nil
}
