package web

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"lethe/internal/audit"
	"lethe/internal/customer"
)

func (a *api) siteAuditRoutes() {
	register(a, route{
		id: "search-audit", method: http.MethodPost, path: "/v1/audit/search", tag: "Audit",
		summary:     "Search the audit log of a day",
		description: "Lists who did what on one day, newest first, over the whole site: changes of customers, settings, access and operations, sign-ins, exports, and requests that were refused with 403. Entries have ids and names of fields, and never their values. With by or action, a page may have fewer entries than limit, or none, although others follow: it ends after 1,000 entries are read. Go on as long as there is a nextCursor. For the next page, send the same body with nextCursor as cursor. A change of a customer appears after a moment, on the day of the change.",
		refusals:    []*problemType{badCursor}, request: exampleAuditSearch, response: exampleLogPage,
	}, a.searchAudit)
	register(a, route{
		id: "export-audit", method: http.MethodGet, path: "/v1/audit/export", tag: "Audit",
		summary:     "Export the audit log as CSV or NDJSON",
		description: "The entries of up to 31 days, oldest first, in the order of their times. The Link header leads to the next part; the last part has no Link header. Each part of a CSV begins with the header line. A cell that a spreadsheet could read as a formula has an apostrophe before it. Each part is an entry in the log itself.",
		refusals:    []*problemType{badCursor}, produces: []string{typeCSV, typeNDJSON},
		responses: map[string]any{typeCSV: exampleLogCSV, typeNDJSON: exampleLogNDJSON},
	}, a.exportAudit)
}

// AuditSearch asks for a page of the log of a day.
type AuditSearch struct {
	Day    string `json:"day" format:"date" doc:"The day, in UTC." example:"2026-11-30"`
	By     string `json:"by,omitempty" maxLength:"512" doc:"Only what this administrator did or approved: the subject of a token; or schedule or ttl." example:"auth0|5f7c8ec7c33c6c004bbafe82"`
	Action string `json:"action,omitempty" pattern:"^([A-Za-z]+\\.[A-Za-z]+)?$" patternDescription:"the name of an action, such as customer.deleted" maxLength:"64" doc:"Only this action." example:"request.refused"`
	Limit  int    `json:"limit,omitempty" minimum:"1" maximum:"200" default:"50" doc:"The largest number of entries in the answer."`
	Cursor string `json:"cursor,omitempty" maxLength:"2000" doc:"nextCursor of the previous page. Leave it out for the first page."`
}

// LogEntry is one entry of the log of the whole site.
type LogEntry struct {
	Time       time.Time `json:"time" doc:"When it was done."`
	By         string    `json:"by" doc:"The subject of a token; or schedule or ttl." example:"auth0|5f7c8ec7c33c6c004bbafe82"`
	ApprovedBy string    `json:"approvedBy,omitempty" doc:"The second administrator, if it needed one."`
	Action     string    `json:"action" doc:"What was done." example:"customer.deleted"`
	Customer   string    `json:"customer,omitempty" doc:"The customer that changed." example:"ALFKI"`
	Operation  string    `json:"operation,omitempty" doc:"The operation that it is about."`
	Reason     string    `json:"reason,omitempty" doc:"Of a change of a customer, with words that look personal blotted out."`
	ReasonCode string    `json:"reasonCode,omitempty" enum:"erasure_request,inactive,duplicate,test,other"`
	Subject    string    `json:"subject,omitempty" doc:"What it is about besides: the key of a record, the id of a hold, the id of the route that was refused, the days that were exported, an administrator." example:"purge-customer"`
	Fields     []string  `json:"fields,omitempty" doc:"The names of what changed; or the permission that was missing." example:"retention"`
	RequestID  string    `json:"requestId,omitempty" doc:"The X-Request-Id of the request. A change of a customer has none."`
}

// LogPage is a page of the log of a day.
type LogPage struct {
	Entries    []LogEntry `json:"entries"`
	NextCursor string     `json:"nextCursor,omitempty" doc:"Absent on the last page."`
}

func logEntryOf(e audit.Entry) LogEntry {
	return LogEntry{
		Time: timeOf(e.Time), By: e.By, ApprovedBy: e.ApprovedBy, Action: string(e.Action), Customer: e.Customer, Operation: e.Operation,
		Reason: e.Reason, ReasonCode: e.ReasonCode, Subject: e.Subject, Fields: e.Fields, RequestID: e.RequestID,
	}
}

type auditSearchInput struct{ Body AuditSearch }

func (a *api) searchAudit(ctx context.Context, in *auditSearchInput) (*output[LogPage], error) {
	day, err := customer.ParseDay(in.Body.Day)
	if err != nil {
		return nil, customer.Invalid("day", "is not a day; write it as 2026-11-30")
	}
	page, err := a.svc.Audit.EntriesByDay(ctx, audit.Query{
		Day: string(day), By: in.Body.By, Action: audit.Action(in.Body.Action), Limit: in.Body.Limit, Cursor: in.Body.Cursor,
	})
	if err != nil {
		return nil, err
	}
	return &output[LogPage]{Body: LogPage{documents(page.Entries, logEntryOf), page.Cursor}}, nil
}

// refuse logs that an administrator may not do what was asked for. It returns the problem to answer: if the refusal can't be
// logged, that, so that nobody tries unseen.
func (a *api) refuse(ctx context.Context, p *Problem) *Problem {
	if p.Status != http.StatusForbidden {
		return p
	}
	missing := cmp.Or(p.Permission, "suspended")
	if err := a.svc.Audit.Refused(ctx, a.svc.Now(), actorOf(ctx), requestOf(ctx).routeID, missing); err != nil {
		return a.problem(ctx, err)
	}
	return p
}

// logged adds an entry that the answer waits for.
func (a *api) logged(ctx context.Context, action audit.Action, of audit.Entry) error {
	e := audit.New(ctx, a.svc.Now(), actorOf(ctx), action)
	e.Operation, e.Subject = of.Operation, of.Subject
	return a.svc.Audit.AddEntry(ctx, e)
}
