// Package gateway calls a function over HTTP as an API Gateway HTTP API does: requests become events of payload
// format 2.0, the function's responses become HTTP responses, and its failures become answers of the gateway.
package gateway

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"lethe/internal/local/lambda"
)

// Invoke calls the function behind the gateway.
type Invoke func(ctx context.Context, event []byte) (response []byte, err error)

// refusedBody is how long the server waits for the body of a request without a valid token.
const refusedBody = 100 * time.Millisecond

// Options of a gateway.
type Options struct {
	Invoke Invoke
	// Route is the key of the route that leads here.
	Route string
	// Authorizer verifies the tokens of requests. It is nil if the route needs none.
	Authorizer *Authorizer
	// Timeout is how long the gateway waits for the function, at most 30 s.
	Timeout time.Duration
	// BodyTimeout is the maximum time for a request's body. Zero means 20 s.
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
	id := rand.Text()[:15] + "="
	verified, err := g.authorize(r)
	if err != nil {
		// Before it answers, the server reads what has arrived of the body. It must not wait for the rest.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(refusedBody))
		g.refuse(w, r, id, err)
		return
	}
	body, release, err := g.bodies.read(w, r)
	if err != nil {
		g.refuse(w, r, id, err)
		return
	}
	defer release()
	event, err := json.Marshal(newEvent(r, id, body, g.Route, verified, time.Now()))
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

// authorize returns what the request's token says, nil if the route needs none.
func (g *gateway) authorize(r *http.Request) (*events.APIGatewayV2HTTPRequestContextAuthorizerJWTDescription, error) {
	if g.Authorizer == nil {
		return nil, nil
	}
	claims, err := g.Authorizer.check(r)
	if err != nil {
		return nil, err
	}
	return &events.APIGatewayV2HTTPRequestContextAuthorizerJWTDescription{Claims: claims, Scopes: g.Authorizer.scopes}, nil
}

// refuse answers with an error of the gateway. It logs no path and no query: they may contain personal data. The
// function's log lines have the route, with the same request id.
func (g *gateway) refuse(w http.ResponseWriter, r *http.Request, id string, err error) {
	status := statusOf(err)
	if r.Context().Err() != nil && status == http.StatusInternalServerError {
		return // the client has left
	}
	level := slog.LevelError
	if status < http.StatusInternalServerError {
		level = slog.LevelInfo
	}
	g.Log.Log(r.Context(), level, "request failed", "requestId", id, "method", r.Method, "route", g.Route, "status", status, "error", err)
	if unauthorized := (*unauthorizedError)(nil); errors.As(err, &unauthorized) {
		w.Header().Set("WWW-Authenticate", unauthorized.challenge())
	}
	body := `{"message":"` + http.StatusText(status) + `"}`
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func statusOf(err error) int {
	tooLarge, unreadable, unauthorized := (*http.MaxBytesError)(nil), (*unreadableError)(nil), (*unauthorizedError)(nil)
	switch {
	case errors.As(err, &unauthorized):
		return http.StatusUnauthorized
	case errors.Is(err, errScope):
		return http.StatusForbidden
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
