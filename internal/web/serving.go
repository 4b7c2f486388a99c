package web

import (
	"context"
	"crypto/sha256"
	"hash"
	"io"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"runtime/debug"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"lethe/internal/admin"
	"lethe/internal/audit"
	"lethe/internal/customer"
)

// request is the part of a request that problems, logs and idempotency keys need.
type request struct {
	id       string // X-Request-Id
	method   string
	uri      string
	route    string        // the path in the OpenAPI document: /v1/customers/{id}
	routeID  string        // its id there: get-customer
	customer string        // the id of the customer in the path, if it has one
	schemas  huma.Registry // of the route
	admin    admin.Administrator
	body     *digest
}

func requestOf(ctx context.Context) *request {
	if r, ok := ctx.Value(requestKey).(*request); ok {
		return r
	}
	return &request{body: &digest{sum: sha256.New()}}
}

// digest hashes a body while it is read, for the fingerprint of an idempotency key.
type digest struct {
	io.ReadCloser
	sum hash.Hash
}

func (d *digest) Read(p []byte) (int, error) {
	n, err := d.ReadCloser.Read(p)
	d.sum.Write(p[:n])
	return n, err
}

// ServeHTTP answers one request. It recovers from panics of handlers.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	req := &request{id: requestID(r), method: r.Method, uri: r.URL.RequestURI(), body: &digest{r.Body, sha256.New()}}
	r = r.WithContext(audit.WithRequest(context.WithValue(r.Context(), requestKey, req), req.id))
	r.Body = req.body
	setHeaders(w.Header(), req.id)
	tracked := &responseWriter{ResponseWriter: w}
	defer a.recoverPanic(tracked, r)
	if handler, pattern := a.mux.Handler(r); pattern == "" {
		a.refuseRoute(tracked, r, handler)
		return
	}
	a.mux.ServeHTTP(tracked, r)
}

const maxRequestID = 128

var requestIDFormat = regexp.MustCompile(`^[A-Za-z0-9._=+/-]+$`)

// requestID returns the id that the gateway gave the request, so that both logs have the same id, or a new one.
func requestID(r *http.Request) string {
	if given := r.Header.Get("X-Request-Id"); len(given) <= maxRequestID && requestIDFormat.MatchString(given) {
		return given
	}
	return customer.NewID()
}

func setHeaders(h http.Header, requestID string) {
	h.Set("X-Request-Id", requestID)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
}

// responseWriter records whether the answer has begun.
type responseWriter struct {
	http.ResponseWriter
	begun bool
}

func (w *responseWriter) WriteHeader(status int) {
	w.begun = true
	w.ResponseWriter.WriteHeader(status)
}

func (w *responseWriter) Write(p []byte) (int, error) {
	w.begun = true
	return w.ResponseWriter.Write(p)
}

// Unwrap returns the wrapped writer, for http.ResponseController.
func (w *responseWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (a *api) recoverPanic(w *responseWriter, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	req := requestOf(r.Context())
	a.log.ErrorContext(r.Context(), "panic", "requestId", req.id, "method", req.method, "route", req.route,
		"panic", v, "stack", string(debug.Stack()))
	if !w.begun {
		internal.problem(r.Context()).write(w)
	}
}

// refuseRoute answers a request with an unknown path or method. The mux's own answer says which of the two it is.
func (a *api) refuseRoute(w http.ResponseWriter, r *http.Request, refusal http.Handler) {
	probe := &refusalProbe{header: http.Header{}}
	refusal.ServeHTTP(probe, r)
	if _, refused := a.admitAdministrator(r.Context()); refused != nil {
		a.refuse(r.Context(), refused).write(w)
		return
	}
	refused := noRoute
	if probe.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", probe.header.Get("Allow"))
		refused = methodNotAllowed
	}
	refused.problem(r.Context()).write(w)
}

type refusalProbe struct {
	header http.Header
	status int
}

func (p *refusalProbe) Header() http.Header         { return p.header }
func (p *refusalProbe) Write(b []byte) (int, error) { return len(b), nil }
func (p *refusalProbe) WriteHeader(status int)      { p.status = status }

// admit returns the middleware of routes with these schemas. It refuses a request of an administrator who may not make it
// before it reads anything else, and then a request that huma would accept but read only in part.
func (a *api) admit(schemas huma.Registry) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		req := requestOf(ctx.Context())
		req.route, req.routeID, req.customer, req.schemas = ctx.Operation().Path, ctx.Operation().OperationID, ctx.Param("id"), schemas
		admin, refused := a.admitAdministrator(ctx.Context())
		if refused == nil {
			refused = a.lacking(ctx.Context(), admin, needOf(ctx.Operation().OperationID))
		}
		if refused != nil {
			a.refuse(ctx.Context(), refused).send(ctx)
			return
		}
		req.admin = admin
		contentType, refused := admitted(ctx)
		if refused != nil {
			refused.send(ctx)
			return
		}
		setType(ctx, contentType)
		next(ctx)
	}
}

// admitted returns the media type of a request that is admitted, or why it is refused.
func admitted(ctx huma.Context) (contentType string, refused *Problem) {
	address := ctx.URL()
	query, err := url.ParseQuery(address.RawQuery)
	wrong := wrongQuery(ctx.Operation(), query)
	contentType, taken := takesType(ctx)
	switch {
	case err != nil:
		return "", badQuery.problem(ctx.Context())
	case len(wrong) > 0:
		p := invalid.problem(ctx.Context())
		p.Errors = wrong
		return "", p
	case !taken:
		return "", unsupported.problem(ctx.Context())
	}
	return contentType, nil
}

// takesType reports whether the operation accepts the body's content type, and returns its media type. huma compares
// only the part after the last plus sign. A body without a content type is JSON.
func takesType(ctx huma.Context) (name string, ok bool) {
	body, given := ctx.Operation().RequestBody, ctx.Header("Content-Type")
	if r, _ := humago.Unwrap(ctx); body == nil || given == "" || r.ContentLength == 0 {
		return given, true
	}
	name, params, err := mime.ParseMediaType(given)
	return name, err == nil && body.Content[name] != nil && inUTF8(params["charset"])
}

func inUTF8(charset string) bool {
	switch strings.ToLower(charset) {
	case "", "utf-8", "utf8", "us-ascii":
		return true
	}
	return false
}

// setType sets the Content-Type header to a media type that huma knows. It compares them byte by byte.
func setType(ctx huma.Context, contentType string) {
	if r, _ := humago.Unwrap(ctx); contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
}
