package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"lethe/internal/customer"
)

func (a *api) auditRoutes() {
	register(a, route{
		id: "list-audit", method: http.MethodGet, path: "/v1/customers/{id}/audit", tag: "Audit",
		summary:     "List the audit log of a customer",
		description: "Newest first: who did what, when and why. An entry has the names of changed fields, never their values. The log stays after the purge. A change appears in it after a moment.",
		refusals:    []*problemType{notFound, badCursor}, response: exampleAuditPage,
	}, a.listAudit)
	register(a, route{
		id: "get-totals", method: http.MethodGet, path: "/v1/totals", tag: "Audit",
		summary:     "Count customers",
		description: "Counts active, deleted and purged customers. A change is counted after a moment.",
		response:    exampleTotals,
	}, a.showTotals)
	register(a, route{
		id: "list-totals-by-day", method: http.MethodGet, path: "/v1/totals/days", tag: "Audit",
		summary:     "Count by day what happened to customers",
		description: "Counts for each day, in UTC, how many customers were added, deleted, restored and purged. Every day of the range is in the answer, also one on which nothing happened. A change is counted after a moment, on its own day. The counts are kept for 400 days.",
		response:    exampleTotalsByDay,
	}, a.listTotalsByDay)
}

// Entry is one entry of an audit log.
type Entry struct {
	Time       time.Time `json:"time" doc:"The time of the change."`
	By         string    `json:"by" doc:"The subject of a token; or schedule or ttl." example:"auth0|5f7c8ec7c33c6c004bbafe82"`
	ApprovedBy string    `json:"approvedBy,omitempty" doc:"The subject of the second administrator, who approved the operation. Absent if none was needed."`
	Action     string    `json:"action" doc:"What was done." example:"customer.deleted"`
	Reason     string    `json:"reason,omitempty" doc:"With words that look personal blotted out."`
	ReasonCode string    `json:"reasonCode,omitempty" enum:"erasure_request,inactive,duplicate,test,other"`
	Subject    string    `json:"subject,omitempty" doc:"The part of the customer that changed: the key of a record, or the id of a hold." example:"invoice~10248"`
	Fields     []string  `json:"fields,omitempty" doc:"The names of the changed fields; purgeTime if the purge time was moved." example:"email"`
}

// AuditPage is a page of an audit log.
type AuditPage struct {
	Entries    []Entry `json:"entries"`
	NextCursor string  `json:"nextCursor,omitempty" doc:"Absent on the last page."`
}

func entryOf(e customer.Entry) Entry {
	return Entry{Time: timeOf(e.At), By: e.By, ApprovedBy: e.ApprovedBy, Action: string(e.Action), Reason: e.Reason, ReasonCode: string(e.ReasonCode), Subject: e.Subject, Fields: e.Fields}
}

type auditInput struct {
	Target
	Paging
}

func (a *api) listAudit(ctx context.Context, in *auditInput) (*pageOutput[AuditPage], error) {
	page, err := a.svc.Entries(ctx, customer.EntryQuery{Customer: in.ID, Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	if len(page.Entries) == 0 && in.Cursor == "" {
		if _, err := a.svc.Get(ctx, in.ID); errors.Is(err, customer.ErrNotFound) {
			return nil, err
		}
	}
	return &pageOutput[AuditPage]{
		Link: in.next(customerPath(in.ID)+"/audit", url.Values{}, page.Cursor),
		Body: AuditPage{Entries: documents(page.Entries, entryOf), NextCursor: page.Cursor},
	}, nil
}

// Totals counts customers.
type Totals struct {
	Active int64 `json:"active" doc:"Active customers."`
	Trash  int64 `json:"trash" doc:"Deleted customers, including those in a running purge."`
	Purged int64 `json:"purged" doc:"Purged customers."`
}

func (a *api) showTotals(ctx context.Context, _ *struct{}) (*output[Totals], error) {
	t, err := a.svc.Totals(ctx)
	if err != nil {
		return nil, err
	}
	return &output[Totals]{Body: Totals(t)}, nil
}

// DayTotals counts what happened on one day.
type DayTotals struct {
	Day      string `json:"day" format:"date" doc:"The day, in UTC."`
	Added    int64  `json:"added" doc:"Customers that were created."`
	Deleted  int64  `json:"deleted" doc:"Customers that were moved to the trash."`
	Restored int64  `json:"restored" doc:"Customers that were restored from the trash."`
	Purged   int64  `json:"purged" doc:"Purges that ended."`
}

// TotalsByDay lists days, oldest first.
type TotalsByDay struct {
	Days []DayTotals `json:"days"`
}

func dayTotalsOf(d customer.DayTotals) DayTotals {
	return DayTotals{string(d.Day), d.Added, d.Deleted, d.Restored, d.Purged}
}

type totalsByDayInput struct {
	From string `query:"from" format:"date" doc:"The first day. If left out, 29 days before the last one." example:"2026-11-01"`
	To   string `query:"to" format:"date" doc:"The last day. If left out, today. At most 400 days can be asked for." example:"2026-11-30"`
}

// days returns the range of days that is asked for.
func (in totalsByDayInput) days(today customer.Day) (first, last customer.Day, err error) {
	return dayRange(in.From, in.To, today, 30, customer.KeptDays)
}

// dayRange parses a range of days of at most a length. It ends today if its last day is left out, and has the usual length if
// its first one is.
func dayRange(from, to string, today customer.Day, usual, most int) (first, last customer.Day, err error) {
	if last, err = dayOr(today, "query.to", to); err != nil {
		return "", "", err
	}
	if first, err = dayOr(last.Plus(1-usual), "query.from", from); err != nil {
		return "", "", err
	}
	switch {
	case first > last:
		return "", "", customer.Invalid("query.from", "is after the last day; give a day that is not after to")
	case first <= last.Plus(-most):
		return "", "", customer.Invalid("query.from", fmt.Sprintf("makes more than %d days; ask for less at once", most))
	}
	return first, last, nil
}

// dayOr parses a parameter; if it is left out, dayOr returns a default.
func dayOr(otherwise customer.Day, name, text string) (customer.Day, error) {
	if text == "" {
		return otherwise, nil
	}
	day, err := customer.ParseDay(text)
	if err != nil {
		return "", customer.Invalid(name, "is not a day; write it as 2026-11-30")
	}
	return day, nil
}

func (a *api) listTotalsByDay(ctx context.Context, in *totalsByDayInput) (*output[TotalsByDay], error) {
	first, last, err := in.days(customer.DayOf(a.svc.Now()))
	if err != nil {
		return nil, err
	}
	days, err := a.svc.TotalsByDay(ctx, first, last)
	if err != nil {
		return nil, err
	}
	return &output[TotalsByDay]{Body: TotalsByDay{documents(days, dayTotalsOf)}}, nil
}
