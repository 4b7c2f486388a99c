package web

import (
	"context"
	"net/http"

	"lethe/internal/customer"
)

func (a *api) flagRoutes() {
	register(a, route{
		id: "block-customer", method: http.MethodPost, path: "/v1/customers/{id}/block", tag: "Blocks and holds",
		summary:     "Block a customer",
		description: "Locks the customer out until it is unblocked. Deleting and restoring leave the block as it is.",
		refusals:    []*problemType{notFound, purged, purgeStarted, versionMismatch, badIfMatch, badKey, keyReused}, request: exampleReason, response: exampleBlocked,
	}, flag(a, a.svc.Block))
	register(a, route{
		id: "unblock-customer", method: http.MethodPost, path: "/v1/customers/{id}/unblock", tag: "Blocks and holds",
		summary:     "Unblock a customer",
		description: "Lets a blocked customer back in. Nothing else does.",
		refusals:    []*problemType{notFound, purged, purgeStarted, versionMismatch, badIfMatch, badKey, keyReused}, request: exampleReason, response: exampleCustomer,
	}, flag(a, a.svc.Unblock))
	register(a, route{
		id: "place-hold", method: http.MethodPut, path: "/v1/customers/{id}/holds/{hold}", tag: "Blocks and holds",
		summary:     "Place a legal hold",
		description: "While it has a hold, the customer can be neither deleted nor purged, also when its purge time passes. A customer has at most 20.",
		refusals:    []*problemType{notFound, purged, purgeStarted, versionMismatch, badIfMatch}, request: exampleHoldReason, response: exampleHeld,
	}, hold(a, a.svc.Hold))
	register(a, route{
		id: "lift-hold", method: http.MethodDelete, path: "/v1/customers/{id}/holds/{hold}", tag: "Blocks and holds",
		summary:     "Lift a legal hold",
		description: "Lifting one that is not there changes nothing. When the last one is lifted of a customer in the trash, its deletion.purgeTime moves to a day from now, if it has passed or would come sooner: until then it can be restored.",
		refusals:    []*problemType{notFound, purged, purgeStarted, versionMismatch, badIfMatch}, request: exampleHoldReason, response: exampleCustomer,
	}, hold(a, a.svc.Lift))
}

type flagInput struct {
	Target
	Conditional
	Idempotent
	Body *Reason
}

func flag(a *api, set func(context.Context, string, customer.Change) (customer.Customer, error)) func(context.Context, *flagInput) (*customerOutput, error) {
	return func(ctx context.Context, in *flagInput) (*customerOutput, error) {
		ch, err := changeOnceIf(ctx, reasonOf(in.Body), in.Idempotent, in.Conditional)
		if err != nil {
			return nil, err
		}
		c, err := set(ctx, in.ID, ch)
		return a.changed(ctx, c, err)
	}
}

type holdInput struct {
	Target
	Conditional
	Hold string `path:"hold" pattern:"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$" patternDescription:"up to 64 letters, digits, dots, hyphens and underscores, a letter or digit first" doc:"Names the hold: the case's number, say. The audit log keeps it when the customer is gone: it should name nobody." example:"case-2026-17"`
	Body *Reason
}

func hold(a *api, set func(ctx context.Context, id, hold string, ch customer.Change) (customer.Customer, error)) func(context.Context, *holdInput) (*customerOutput, error) {
	return func(ctx context.Context, in *holdInput) (*customerOutput, error) {
		ch, err := changeIf(ctx, reasonOf(in.Body), in.Conditional)
		if err != nil {
			return nil, err
		}
		c, err := set(ctx, in.ID, in.Hold, ch)
		return a.changed(ctx, c, err)
	}
}
