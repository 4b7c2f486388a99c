// Package apigateway answers the events of API Gateway's HTTP API (payload format 2.0) with an [http.Handler].
package apigateway

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"

	"lethe/internal/admin"
)

// Handle is a Lambda handler of requests.
type Handle = func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error)

// Public returns a handler for requests that need no token.
func Public(h http.Handler) Handle {
	return handle(h, func(ctx context.Context, _ events.APIGatewayV2HTTPRequest) context.Context { return ctx })
}

// Authorized returns a handler for requests with a token that the authorizer has checked. withIdentity puts what the token
// says into the context of a request; it is zero if there is no token. groupsClaim is the name of the claim with the groups.
func Authorized(h http.Handler, groupsClaim string, withIdentity func(context.Context, admin.Identity) context.Context) Handle {
	return handle(h, func(ctx context.Context, event events.APIGatewayV2HTTPRequest) context.Context {
		return withIdentity(ctx, identity(event, groupsClaim))
	})
}

// handle returns a handler of requests with the context that with returns. A request is always answered before the
// function's limit: after that the gateway would answer, without a code and a remedy.
func handle(h http.Handler, with func(context.Context, events.APIGatewayV2HTTPRequest) context.Context) Handle {
	return func(ctx context.Context, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		ctx, cancel := requestContext(ctx)
		defer cancel()
		request, err := newRequest(with(ctx, event), event)
		if err != nil {
			return events.APIGatewayV2HTTPResponse{}, err
		}
		w := &responseWriter{header: http.Header{}}
		h.ServeHTTP(w, request)
		return w.response(), nil
	}
}

// requestContext returns the context of a request. It ends answerReserve before the function's
// deadline, so that there is time for an answer.
func requestContext(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, ok := ctx.Deadline()
	if !ok {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-answerReserve(time.Until(deadline))))
}

// answerReserve is the time before a function's limit that is kept for the answer to a request.
func answerReserve(limit time.Duration) time.Duration { return min(2*time.Second, limit/5) }

func newRequest(ctx context.Context, event events.APIGatewayV2HTTPRequest) (*http.Request, error) {
	body := []byte(event.Body)
	if event.IsBase64Encoded {
		decoded, err := base64.StdEncoding.DecodeString(event.Body)
		if err != nil {
			return nil, fmt.Errorf("request body: %w", err)
		}
		body = decoded
	}
	request, err := http.NewRequestWithContext(ctx, event.RequestContext.HTTP.Method, "/", bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("request: %w", err)
	}
	request.URL = target(event)
	request.RequestURI = request.URL.RequestURI()
	request.Host = event.RequestContext.DomainName
	request.RemoteAddr = event.RequestContext.HTTP.SourceIP
	for name, value := range event.Headers {
		request.Header.Set(name, value)
	}
	if len(event.Cookies) > 0 {
		request.Header.Set("Cookie", strings.Join(event.Cookies, "; "))
	}
	request.Header.Set("X-Request-Id", event.RequestContext.RequestID)
	return request, nil
}

// target returns the requested URL. A path with bad escapes is used unchanged.
func target(event events.APIGatewayV2HTTPRequest) *url.URL {
	path, err := url.PathUnescape(event.RawPath)
	if err != nil {
		path = event.RawPath
	}
	return &url.URL{Path: path, RawPath: event.RawPath, RawQuery: event.RawQueryString}
}

// responseWriter collects a response.
type responseWriter struct {
	header http.Header
	status int
	body   strings.Builder // its String copies nothing
}

func (w *responseWriter) Header() http.Header { return w.header }

func (w *responseWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *responseWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

func (w *responseWriter) response() events.APIGatewayV2HTTPResponse {
	w.WriteHeader(http.StatusOK)
	out := events.APIGatewayV2HTTPResponse{
		StatusCode: w.status, Headers: map[string]string{}, Cookies: w.header.Values("Set-Cookie"), Body: w.body.String(),
	}
	for name, values := range w.header {
		if name != "Set-Cookie" {
			out.Headers[name] = strings.Join(values, ", ")
		}
	}
	if !utf8.ValidString(out.Body) {
		out.Body, out.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte(out.Body)), true
	}
	return out
}
