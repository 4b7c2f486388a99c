// Package web is the HTTP API of Lethe. It translates requests to calls of [customer.Service] and [bulk.Engine], and
// their results and refusals to JSON.
//
// It does not depend on AWS, on the database, or on how users sign in: the caller puts what a verified token
// says into the context of a request with [WithIdentity].
package web

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"lethe/internal/admin"
	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// Options configure an API. The zero value is valid.
type Options struct {
	Log     *slog.Logger // nil: slog.Default
	Version string       // of the build, shown in the OpenAPI document; empty: "dev"
}

// New returns the handler of the API. A request below /v1 without an identity is refused; see [WithIdentity].
func New(svc *customer.Service, ops *bulk.Engine, admins *admin.Service, opts Options) http.Handler {
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	if opts.Version == "" {
		opts.Version = "dev"
	}
	a := &api{svc: svc, operations: ops, admins: admins, log: opts.Log, version: opts.Version, mux: http.NewServeMux()}
	a.routes()
	a.serveDocument()
	return a
}

type api struct {
	svc        *customer.Service
	operations *bulk.Engine
	admins     *admin.Service
	log        *slog.Logger
	version    string
	mux        *http.ServeMux

	registrations []func(huma.API) // of the routes
}

func (a *api) routes() {
	a.meRoutes()
	a.accessRoutes()
	a.suspensionRoutes()
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
	identityKey contextKey = iota
	requestKey
)

// WithIdentity returns a context with what the verified token of a request says. A request without an identity, or with an
// empty subject, is refused.
func WithIdentity(ctx context.Context, who admin.Identity) context.Context {
	return context.WithValue(ctx, identityKey, who)
}

func identityOf(ctx context.Context) admin.Identity {
	who, _ := ctx.Value(identityKey).(admin.Identity)
	return who
}

// actorOf returns the subject of the token: the author of the request's changes.
func actorOf(ctx context.Context) string { return identityOf(ctx).Subject }

// administratorOf returns what the sender of an admitted request may do.
func administratorOf(ctx context.Context) admin.Administrator { return requestOf(ctx).admin }
