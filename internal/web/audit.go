package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"lethe/internal/customer"
)

func (a *api) auditRoutes() {
	register(a, route{
		id: "list-audit", method: http.MethodGet, path: "/v1/customers/{id}/audit", tag: "Audit",
		summary:     "List what was done to a customer",
		description: "Newest first: who, when, what and why, with the names of changed fields and never their values. It goes on after the purge. A change shows up here a moment after it was made.",
		refusals:    []*problemType{notFound, badCursor}, response: exampleAuditPage,
	}, a.listAudit)
	register(a, route{
		id: "get-totals", method: http.MethodGet, path: "/v1/totals", tag: "Audit",
		summary:     "Count customers",
		description: "Counts customers by where they are. The counts follow changes a moment later.",
		response:    exampleTotals,
	}, a.showTotals)
}

// Entry is one line of an audit log.
type Entry struct {
	Time       time.Time `json:"time"`
	By         string    `json:"by" doc:"A subject, schedule or ttl." example:"auth0|5f7c8ec7c33c6c004bbafe82"`
	Action     string    `json:"action" example:"customer.deleted"`
	Reason     string    `json:"reason,omitempty" doc:"With what looks personal blotted out."`
	ReasonCode string    `json:"reasonCode,omitempty" enum:"erasure_request,inactive,duplicate,test,other"`
	Subject    string    `json:"subject,omitempty" doc:"What of the customer: a record's key, a hold's id." example:"invoice~10248"`
	Fields     []string  `json:"fields,omitempty" doc:"The names of changed fields; purgeTime if the end of its time in the trash was moved." example:"email"`
}

// AuditPage is a page of an audit log.
type AuditPage struct {
	Entries    []Entry `json:"entries"`
	NextCursor string  `json:"nextCursor,omitempty" doc:"Absent on the last page."`
}

func entryOf(e customer.Entry) Entry {
	return Entry{Time: timeOf(e.At), By: e.By, Action: string(e.Action), Reason: e.Reason, ReasonCode: string(e.ReasonCode), Subject: e.Subject, Fields: e.Fields}
}

type auditInput struct {
	Target
	Paging
}

type auditOutput struct {
	Link string `header:"Link" doc:"The next page, as rel=next."`
	Body AuditPage
}

func (a *api) listAudit(ctx context.Context, in *auditInput) (*auditOutput, error) {
	page, err := a.svc.Entries(ctx, customer.EntryQuery{Customer: in.ID, Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	if len(page.Entries) == 0 && in.Cursor == "" {
		if _, err := a.svc.Get(ctx, in.ID); errors.Is(err, customer.ErrNotFound) {
			return nil, err
		}
	}
	return &auditOutput{
		Link: in.next(customerPath(in.ID)+"/audit", url.Values{}, page.Cursor),
		Body: AuditPage{Entries: documents(page.Entries, entryOf), NextCursor: page.Cursor},
	}, nil
}

// Totals counts customers.
type Totals struct {
	Active int64 `json:"active"`
	Trash  int64 `json:"trash" doc:"Deleted, or being purged."`
	Purged int64 `json:"purged"`
}

type totalsOutput struct{ Body Totals }

func (a *api) showTotals(ctx context.Context, _ *struct{}) (*totalsOutput, error) {
	t, err := a.svc.Totals(ctx)
	if err != nil {
		return nil, err
	}
	return &totalsOutput{Body: Totals(t)}, nil
}
