// Package gateway stands in front of a function as an API Gateway HTTP API does: requests become events of payload
// format 2.0, responses of the function become HTTP responses, and its failures become the gateway's own answers.
package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"lethe/internal/local/lambda"
)

// maxBody is the largest request that an HTTP API takes, in bytes.
const maxBody = 10 << 20

// Invoke calls the function behind the gateway.
type Invoke func(ctx context.Context, event []byte) (response []byte, err error)

// Options of a gateway.
type Options struct {
	Invoke Invoke
	// Route is the key of the route that leads here.
	Route string
	// Claims are those of the token that an authorizer would have checked. Every request carries them; nil where the
	// route asks for no token.
	Claims map[string]string
	// Timeout is how long the gateway waits for the function, at most 30 s.
	Timeout time.Duration
	Log     *slog.Logger
}

// New returns the gateway.
func New(options Options) http.Handler { return &gateway{options} }

type gateway struct{ Options }

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if foreign(r) {
		http.Error(w, "This API has no sign-in, and so answers only its own pages and programs on this machine.", http.StatusForbidden)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		g.refuse(w, r, err)
		return
	}
	event, err := json.Marshal(newEvent(r, body, g.Route, g.Claims, time.Now()))
	if err != nil {
		g.refuse(w, r, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), g.Timeout)
	defer cancel()
	answer, err := g.Invoke(ctx, event)
	if err != nil {
		g.refuse(w, r, err)
		return
	}
	response, body, err := readResponse(answer)
	if err != nil {
		g.refuse(w, r, err)
		return
	}
	write(w, response, body)
}

// foreign says whether another site's page sends the request, by a browser on this machine: as every request has an
// administrator's claims here, that site would have them. Its own name in Host is one that leads here all the same.
func foreign(r *http.Request) bool {
	if !loopback(r.Host) {
		return true
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	from, err := url.Parse(origin)
	return err != nil || !loopback(from.Host)
}

func loopback(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	address, err := netip.ParseAddr(strings.Trim(name, "[]"))
	return name == "localhost" || err == nil && address.IsLoopback()
}

// refuse answers in the gateway's own words.
func (g *gateway) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status, message := http.StatusInternalServerError, "Internal Server Error"
	tooLarge := (*http.MaxBytesError)(nil)
	switch {
	case errors.As(err, &tooLarge), errors.Is(err, lambda.ErrRequestTooLarge):
		status, message = http.StatusRequestEntityTooLarge, "Request Entity Too Large"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, lambda.ErrClosed):
		status, message = http.StatusServiceUnavailable, "Service Unavailable"
	case r.Context().Err() != nil:
		return // nobody listens
	}
	g.Log.ErrorContext(r.Context(), "request failed", "method", r.Method, "path", r.URL.Path, "status", status, "error", err)
	body := `{"message":"` + message + `"}`
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}
