package web

import (
	"context"
	"net/http"
	"net/url"

	"lethe/internal/customer"
)

func (a *api) trashRoutes() {
	register(a, route{
		id: "delete-customer", method: http.MethodDelete, path: "/v1/customers/{id}", tag: "Trash",
		summary:     "Move a customer to the trash",
		description: "The customer and all its records vanish at once, however many there are. They can be restored until deletion.purgeTime, which the retention in the settings decides. Deleting one that is in the trash already changes nothing.",
		refusals:    []*problemType{notFound, purged, hasDependents, onHold, purgeStarted, versionMismatch, badIfMatch},
		request:     exampleReason, response: exampleDeleted,
	}, a.delete)
	register(a, route{
		id: "list-deleted-customers", method: http.MethodGet, path: "/v1/deleted-customers", tag: "Trash",
		summary:     "List the trash",
		description: "Who was deleted when, by whom and why, and how long each can still be restored; soonest purge first. The same as GET /v1/customers?state=deleted.",
		refusals:    []*problemType{badCursor}, response: exampleTrashPage,
	}, a.listTrash)
	register(a, route{
		id: "restore-customer", method: http.MethodPost, path: "/v1/customers/{id}/restore", tag: "Trash",
		summary:     "Restore a customer from the trash",
		description: "Brings back exactly what the deletion hid. A blocked customer is still blocked. Restoring an active customer changes nothing, unless a deletion is named.",
		refusals:    []*problemType{notFound, purged, notDeleted, purgeStarted, versionMismatch, badIfMatch, badKey, keyReused},
		request:     exampleRestore, response: exampleCustomer,
	}, a.restore)
	register(a, route{
		id: "purge-customer", method: http.MethodPost, path: "/v1/customers/{id}/purge", tag: "Trash", status: http.StatusAccepted,
		summary:     "Purge a customer for good",
		description: "Removes a customer in the trash and everything that hangs on it before its purge time. There is no way back from the moment this is answered. The removal itself goes on afterwards; Location is where its certificate will be.",
		refusals:    []*problemType{notFound, purged, notDeleted, onHold, mismatch, versionMismatch, badIfMatch, badKey, keyReused},
		request:     examplePurge, response: examplePurging,
	}, a.purge)
}

type deleteInput struct {
	Target
	Conditional
	Body *Reason
}

func (a *api) delete(ctx context.Context, in *deleteInput) (*customerOutput, error) {
	ch, err := changeIf(ctx, reasonOf(in.Body), in.Conditional)
	if err != nil {
		return nil, err
	}
	c, err := a.svc.Delete(ctx, in.ID, ch)
	return a.changed(ctx, c, err)
}

type trashInput struct{ Paging }

func (a *api) listTrash(ctx context.Context, in *trashInput) (*customerPageOutput, error) {
	page, err := a.svc.Customers(ctx, customer.Query{State: customer.Deleted, Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	return &customerPageOutput{Link: in.next("/v1/deleted-customers", url.Values{}, page.Cursor), Body: a.page(page)}, nil
}

// Restore says what to undo, and why.
type Restore struct {
	DeletionID string `json:"deletionId,omitempty" maxLength:"64" doc:"The deletion to undo; left out, whichever it is."`
	Reason
}

type restoreInput struct {
	Target
	Conditional
	Idempotent
	Body *Restore
}

func (a *api) restore(ctx context.Context, in *restoreInput) (*customerOutput, error) {
	var body Restore
	if in.Body != nil {
		body = *in.Body
	}
	ch, err := changeOnceIf(ctx, body.Reason, in.Idempotent, in.Conditional)
	if err != nil {
		return nil, err
	}
	c, err := a.svc.Restore(ctx, in.ID, body.DeletionID, ch)
	return a.changed(ctx, c, err)
}

// Purge confirms what is to be removed for good, and says why.
type Purge struct {
	Confirm    string `json:"confirm" maxLength:"128" doc:"The customer's id once more." example:"ALFKI"`
	DeletionID string `json:"deletionId,omitempty" maxLength:"64" doc:"The deletion to finish; left out, whichever it is."`
	Reason
}

// Purging says that a purge is under way.
type Purging struct {
	ID          string `json:"id" example:"ALFKI"`
	State       string `json:"state" enum:"purging"`
	Certificate string `json:"certificate" format:"uri-reference" doc:"There when the purge is finished."`
}

type purgeInput struct {
	Target
	Conditional
	Idempotent
	Body Purge
}

type purgeOutput struct {
	Location   string `header:"Location" doc:"Where the certificate will be."`
	RetryAfter int    `header:"Retry-After" doc:"Seconds after which to look there."`
	Replayed   string `header:"Idempotency-Replayed" doc:"true: this was done before under the same key."`
	Body       Purging
}

func (a *api) purge(ctx context.Context, in *purgeInput) (*purgeOutput, error) {
	if in.Body.Confirm != in.ID {
		return nil, mismatch
	}
	ch, err := changeOnceIf(ctx, in.Body.Reason, in.Idempotent, in.Conditional)
	if err != nil {
		return nil, err
	}
	out := &purgeOutput{
		Location: certificatePath(in.ID), RetryAfter: 5,
		Body: Purging{ID: in.ID, State: string(customer.Purging), Certificate: certificatePath(in.ID)},
	}
	_, err = a.svc.StartPurge(ctx, in.ID, customer.Fence{Generation: in.Body.DeletionID}, ch)
	if _, ok := replayed(err); ok {
		out.Replayed, err = replayedHeader, nil
	}
	return out, err
}
