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
		description: "Locks the customer out until it is unblocked. A delete or restore does not change the block.",
		refusals:    []*problemType{notFound, purged, purgeStarted, versionMismatch, badIfMatch, badKey, keyReused}, request: exampleReason, response: exampleBlocked,
	}, flagHandler(a, a.svc.Block))
	register(a, route{
		id: "unblock-customer", method: http.MethodPost, path: "/v1/customers/{id}/unblock", tag: "Blocks and holds",
		summary:     "Unblock a customer",
		description: "Ends the block of a customer. Nothing else ends it.",
		refusals:    []*problemType{notFound, purged, purgeStarted, versionMismatch, badIfMatch, badKey, keyReused}, request: exampleReason, response: exampleCustomer,
	}, flagHandler(a, a.svc.Unblock))
	register(a, route{
		id: "place-hold", method: http.MethodPut, path: "/v1/customers/{id}/holds/{hold}", tag: "Blocks and holds",
		summary:     "Place a legal hold",
		description: "While a customer has a hold, it can be neither deleted nor purged, even after its purge time. A customer can have 20 holds.",
		refusals:    []*problemType{notFound, purged, purgeStarted, versionMismatch, badIfMatch}, request: exampleHoldReason, response: exampleHeld,
	}, holdHandler(a, a.svc.Hold))
	register(a, route{
		id: "lift-hold", method: http.MethodDelete, path: "/v1/customers/{id}/holds/{hold}", tag: "Blocks and holds",
		summary:     "Lift a legal hold",
		description: "If the customer does not have this hold, nothing changes. Lifting the last hold of a customer in the trash gives at least a day to restore it: an earlier deletion.purgeTime moves to a day from now.",
		refusals:    []*problemType{notFound, purged, purgeStarted, versionMismatch, badIfMatch}, request: exampleHoldReason, response: exampleCustomer,
	}, holdHandler(a, a.svc.Lift))
}

type flagInput struct {
	Target
	Conditional
	Idempotent
	Body *Reason
}

// flagHandler handles a request that sets or ends a block.
func flagHandler(a *api, set func(context.Context, string, customer.Change) (customer.Customer, error)) func(context.Context, *flagInput) (*customerOutput, error) {
	return func(ctx context.Context, in *flagInput) (*customerOutput, error) {
		ch, err := changeOnceIf(ctx, reasonOf(in.Body), in.Idempotent, in.Conditional)
		if err != nil {
			return nil, err
		}
		c, err := set(ctx, in.ID, ch)
		return a.answerCustomer(ctx, c, err)
	}
}

type holdInput struct {
	Target
	Conditional
	Hold string `path:"hold" pattern:"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$" patternDescription:"up to 64 letters, digits, dots, hyphens and underscores, the first a letter or a digit" doc:"The id of the hold, such as a case number. It stays in the audit log after the purge: do not use personal data." example:"case-2026-17"`
	Body *Reason
}

// holdHandler handles a request that places or lifts a hold.
func holdHandler(a *api, set func(ctx context.Context, id, hold string, ch customer.Change) (customer.Customer, error)) func(context.Context, *holdInput) (*customerOutput, error) {
	return func(ctx context.Context, in *holdInput) (*customerOutput, error) {
		ch, err := changeIf(ctx, reasonOf(in.Body), in.Conditional)
		if err != nil {
			return nil, err
		}
		c, err := set(ctx, in.ID, in.Hold, ch)
		return a.answerCustomer(ctx, c, err)
	}
}
