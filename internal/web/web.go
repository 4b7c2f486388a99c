// Package web is the HTTP API of Lethe. It translates requests to calls of [customer.Service] and [bulk.Engine], and
// their results and refusals to JSON.
//
// It does not depend on AWS, on the database, or on how users sign in: the caller puts the actor into the context of a
// request with [WithActor].
package web

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// Options configure an API. The zero value is valid.
type Options struct {
	Log     *slog.Logger // nil: slog.Default
	Version string       // of the build, shown in the OpenAPI document; empty: "dev"
}

// New returns the handler of the API. A request below /v1 without an actor is refused; see [WithActor].
func New(svc *customer.Service, ops *bulk.Engine, opts Options) http.Handler {
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	if opts.Version == "" {
		opts.Version = "dev"
	}
	a := &api{svc: svc, operations: ops, log: opts.Log, version: opts.Version, mux: http.NewServeMux()}
	a.routes()
	a.serveDocument()
	return a
}

type api struct {
	svc        *customer.Service
	operations *bulk.Engine
	log        *slog.Logger
	version    string
	mux        *http.ServeMux

	registrations []func(huma.API) // of the routes
}

func (a *api) routes() {
	a.customerRoutes()
	a.trashRoutes()
	a.flagRoutes()
	a.recordRoutes()
	a.settingsRoutes()
	a.certificateRoutes()
	a.ledgerRoutes()
	a.auditRoutes()
	a.siteAuditRoutes()
	a.importRoutes()
	a.operationRoutes()
	a.itemRoutes()
}

type contextKey int

const (
	actorKey contextKey = iota
	requestKey
)

// WithActor returns a context with the actor of a request: the subject of a valid token. A request without an actor, or
// with an empty one, is refused.
func WithActor(ctx context.Context, subject string) context.Context {
	return context.WithValue(ctx, actorKey, subject)
}

func actorOf(ctx context.Context) string {
	actor, _ := ctx.Value(actorKey).(string)
	return actor
}
