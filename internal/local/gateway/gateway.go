// Package gateway stands in front of a function as an API Gateway HTTP API does: requests become events of payload
// format 2.0, responses of the function become HTTP responses, and its failures become the gateway's own answers.
package gateway

import (
	"context"
	"crypto/rand"
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

// Invoke calls the function behind the gateway.
type Invoke func(ctx context.Context, event []byte) (response []byte, err error)

// Options of a gateway.
type Options struct {
	Invoke Invoke
	// Claims are those of the token that an authorizer would have checked. Every request carries them.
	Claims map[string]string
	// Timeout is how long the gateway waits for the function, at most 30 s.
	Timeout time.Duration
	// BodyTimeout is how long a request's body may take. Zero means 20 s.
	BodyTimeout time.Duration
	Log         *slog.Logger
}

// New returns the gateway.
func New(options Options) http.Handler {
	return &gateway{options, newBodies(options.BodyTimeout)}
}

type gateway struct {
	Options

	bodies *bodies
}

func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if foreign(r) {
		http.Error(w, "This API has no sign-in, and so answers only its own pages and programs on this machine.", http.StatusForbidden)
		return
	}
	id := rand.Text()[:15] + "="
	body, release, err := g.bodies.read(w, r)
	if err != nil {
		g.refuse(w, r, id, err)
		return
	}
	defer release()
	event, err := json.Marshal(newEvent(r, id, body, g.Claims, time.Now()))
	if err != nil {
		g.refuse(w, r, id, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), g.Timeout)
	defer cancel()
	answer, err := g.Invoke(ctx, event)
	if err != nil {
		g.refuse(w, r, id, err)
		return
	}
	response, body, err := readResponse(answer)
	if err != nil {
		g.refuse(w, r, id, err)
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

// refuse answers in the gateway's own words. It logs no path and no query: the ids in them may be somebody's name. The
// function's own lines have the route, under the same request id.
func (g *gateway) refuse(w http.ResponseWriter, r *http.Request, id string, err error) {
	status := statusOf(err)
	if r.Context().Err() != nil && status == http.StatusInternalServerError {
		return // nobody listens
	}
	level := slog.LevelError
	if status < http.StatusInternalServerError {
		level = slog.LevelInfo
	}
	g.Log.Log(r.Context(), level, "request failed", "requestId", id, "method", r.Method, "route", route, "status", status, "error", err)
	body := `{"message":"` + http.StatusText(status) + `"}`
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func statusOf(err error) int {
	tooLarge, unreadable := (*http.MaxBytesError)(nil), (*unreadableError)(nil)
	switch {
	case errors.As(err, &tooLarge), errors.Is(err, lambda.ErrRequestTooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.As(err, &unreadable):
		return http.StatusBadRequest
	case errors.Is(err, errSlow):
		return http.StatusRequestTimeout
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, lambda.ErrClosed), errors.Is(err, errNoRoom):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}
