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
		description: "Hides the customer and all its records at once, regardless of their number. They can be restored until deletion.purgeTime, which follows from the retention in the settings. If the customer is in the trash, nothing changes.",
		refusals:    []*problemType{notFound, purged, hasDependents, onHold, purgeStarted, approvalRequired, versionMismatch, badIfMatch},
		request:     exampleReason, response: exampleDeleted,
	}, a.delete)
	register(a, route{
		id: "list-deleted-customers", method: http.MethodGet, path: "/v1/deleted-customers", tag: "Trash",
		summary:     "List the trash",
		description: "Each customer has its deletion: when, by which subject and by which reasonCode, and until when it can be restored. The list has neither the reason in words nor created: read the customer for these. Soonest purge first. The same list as GET /v1/customers?state=deleted.",
		refusals:    []*problemType{badCursor}, response: exampleTrashPage,
	}, a.listTrash)
	register(a, route{
		id: "restore-customer", method: http.MethodPost, path: "/v1/customers/{id}/restore", tag: "Trash",
		summary:     "Restore a customer from the trash",
		description: "Restores exactly what the deletion hid. A blocked customer is still blocked. If the customer is active, nothing changes; with deletionId, the request is refused.",
		refusals:    []*problemType{notFound, purged, notDeleted, purgeStarted, versionMismatch, badIfMatch, badKey, keyReused},
		request:     exampleRestore, response: exampleCustomer,
	}, a.restore)
	register(a, route{
		id: "purge-customer", method: http.MethodPost, path: "/v1/customers/{id}/purge", tag: "Trash", status: http.StatusAccepted,
		summary:     "Purge a customer for good",
		description: "Purges a customer in the trash, with all its records, before its purge time. After the answer, the purge can't be stopped. It runs in the background; when it has ended, the certificate is at the address in Location.",
		refusals:    []*problemType{notFound, purged, notDeleted, onHold, approvalRequired, mismatch, versionMismatch, badIfMatch, badKey, keyReused},
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
	settings, err := a.svc.InForce(ctx)
	if err != nil {
		return nil, err
	}
	if err := a.requireFreshToDelete(ctx, settings); err != nil {
		return nil, err
	}
	if err := a.mayDeleteAlone(ctx, ch, settings); err != nil {
		return nil, err
	}
	c, err := a.svc.DeleteUnder(ctx, in.ID, settings, ch)
	return a.answerCustomer(ctx, c, err)
}

type trashInput struct{ Paging }

func (a *api) listTrash(ctx context.Context, in *trashInput) (*pageOutput[CustomerPage], error) {
	page, err := a.svc.Customers(ctx, customer.Query{State: customer.Deleted, Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	return &pageOutput[CustomerPage]{Link: in.next("/v1/deleted-customers", url.Values{}, page.Cursor), Body: a.customerPage(page)}, nil
}

// Restore is the body of a restore.
type Restore struct {
	DeletionID string `json:"deletionId,omitempty" maxLength:"64" doc:"The deletion to undo: if it is not the current one, the request is refused. If left out, the current one."`
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
	return a.answerCustomer(ctx, c, err)
}

// Purge is the body of a purge.
type Purge struct {
	Confirm    string `json:"confirm" maxLength:"128" doc:"The customer's id again." example:"ALFKI"`
	DeletionID string `json:"deletionId,omitempty" maxLength:"64" doc:"The deletion to finish: if it is not the current one, the request is refused. If left out, the current one."`
	Reason
}

// Purging is the answer to a purge, which runs in the background.
type Purging struct {
	ID          string `json:"id" example:"ALFKI"`
	State       string `json:"state" enum:"purging"`
	Certificate string `json:"certificate" format:"uri-reference" doc:"The path of the certificate, which exists when the purge has ended."`
}

type purgeInput struct {
	Target
	Conditional
	Idempotent
	Body Purge
}

type purgeOutput struct {
	Location   string `header:"Location" doc:"The path of the certificate."`
	RetryAfter int    `header:"Retry-After" doc:"The seconds to wait before reading it."`
	Replayable
	Body Purging
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
	if err = a.mayPurgeAlone(ctx, ch); err == nil {
		_, err = a.svc.StartPurge(ctx, in.ID, customer.Fence{Generation: in.Body.DeletionID}, ch)
	}
	if _, ok := replayOf(err); ok {
		out.Replayed, err = replayedHeader, nil
	}
	return out, err
}
