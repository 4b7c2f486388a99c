// Package audit is the log of the whole site: who did what, by day.
//
// It joins two kinds of entries. Those about customers follow from the change stream, after the change. Those about
// everything else, such as settings, sign-ins, refusals and exports, are written in the transaction of the change or before
// the answer. Entries have ids and the names of fields, and never values.
package audit

import (
	"context"
	"crypto/rand"
	"strings"
	"time"
)

// Action says what was done. The actions of customers are in package customer.
type Action string

// What is done that changes no customer. The names never change: they are stored.
const (
	SettingsChanged Action = "settings.changed"

	AccessChanged   Action = "access.changed"
	AccessProposed  Action = "access.proposed"
	AccessApproved  Action = "access.approved"
	AccessDiscarded Action = "access.discarded"
	Suspended       Action = "administrator.suspended"
	Reinstated      Action = "administrator.reinstated"
	SignedIn        Action = "administrator.signedIn"

	Refused Action = "request.refused"

	AuditExported        Action = "audit.exported"
	CertificatesExported Action = "certificates.exported"
	OutcomesExported     Action = "operation.exported"

	OperationCreated   Action = "operation.created"
	OperationApplied   Action = "operation.applied"
	OperationApproved  Action = "operation.approved"
	OperationCancelled Action = "operation.cancelled"
	OperationRetried   Action = "operation.retried"
)

// Entry is one line of the log.
type Entry struct {
	ID         string // no other entry of the same Time has it
	Time       time.Time
	By         string // the subject of an administrator; or schedule or ttl
	ApprovedBy string // the second administrator, if the action needed one
	Action     Action
	Customer   string
	Operation  string
	Reason     string // without the names of the customer; only of entries about a customer
	ReasonCode string
	Subject    string   // what it is about besides: a record, a route, an administrator
	Fields     []string // names of what changed, or of the permission that was missing
	RequestID  string
}

type requestKey struct{}

// WithRequest returns a context in which [New] finds the id of the request.
func WithRequest(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, id)
}

// New returns an entry of its own for what is done in the context's request.
func New(ctx context.Context, at time.Time, by string, action Action) Entry {
	request, _ := ctx.Value(requestKey{}).(string)
	return Entry{ID: strings.ToLower(rand.Text()), Time: at, By: by, Action: action, RequestID: request}
}

// Store keeps the log.
type Store interface {
	// AddEntry adds an entry. It does nothing if the entry is there. An entry is never changed or removed, but by its age.
	AddEntry(ctx context.Context, e Entry) error
	// EntriesByDay reads one page of a day's log. It may lag behind writes for a moment. customer.ErrCursor if the cursor
	// belongs to another query.
	EntriesByDay(ctx context.Context, q Query) (Page, error)
}

// Query asks for a page of the log.
type Query struct {
	Day         string // in UTC, such as 2026-11-30
	OldestFirst bool   // not the newest
	By          string // empty: all
	Action      Action // empty: all
	Limit       int
	Cursor      string // from the previous page; empty for the first
}

// Page is a page of the log. With By or Action it may be short, even empty, before the end: it ends after [MaxRead] entries.
type Page struct {
	Entries []Entry
	Cursor  string // for the next page; empty at the end
}

// MaxRead is how many entries a page reads at most to find those that match.
const MaxRead = 1000

// Filtered reports whether the query asks for some of the day's entries only.
func (q Query) Filtered() bool { return q.By != "" || q.Action != "" }

// Matches reports whether the query asks for the entry, by who did what.
func (q Query) Matches(e Entry) bool {
	return (q.By == "" || e.By == q.By || e.ApprovedBy == q.By) && (q.Action == "" || e.Action == q.Action)
}
