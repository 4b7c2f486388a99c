// Package web is the HTTP API of Lethe: it turns requests into calls of
// [customer.Service] and [bulk.Engine], and their answers and refusals into JSON.
//
// It knows neither AWS nor the database, nor who signs people in: whoever calls it
// puts the actor into the request's context with [WithActor].
package web

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// Options are what an API needs besides its service. The zero value will do.
type Options struct {
	Log     *slog.Logger // nil: slog.Default
	Version string       // of the build, shown in the OpenAPI document; empty: "dev"
}

// New makes the API's handler over a service and its operations. Every request below /v1 needs an actor; see [WithActor].
func New(svc *customer.Service, ops *bulk.Engine, opts Options) http.Handler {
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	if opts.Version == "" {
		opts.Version = "dev"
	}
	mux := http.NewServeMux()
	a := &api{svc: svc, operations: ops, log: opts.Log, mux: mux, huma: newHuma(mux, opts.Version)}
	a.huma.UseMiddleware(a.admit)
	a.routes()
	a.serveDocument()
	return a
}

type api struct {
	svc        *customer.Service
	operations *bulk.Engine
	log        *slog.Logger
	mux        *http.ServeMux
	huma       huma.API
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
	a.importRoutes()
	a.operationRoutes()
	a.itemRoutes()
}

type contextKey int

const (
	actorKey contextKey = iota
	requestKey
)

// WithActor says who makes the request: the subject of a checked token. A request
// without an actor, or with an empty one, is refused.
func WithActor(ctx context.Context, subject string) context.Context {
	return context.WithValue(ctx, actorKey, subject)
}

func actorOf(ctx context.Context) string {
	actor, _ := ctx.Value(actorKey).(string)
	return actor
}
