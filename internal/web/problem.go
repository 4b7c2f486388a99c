package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/imports"
)

// Problem is every answer that is not the one asked for: RFC 9457 with a stable code
// and, beside the standard members, those that belong to the code.
type Problem struct {
	Type      string         `json:"type" format:"uri-reference" doc:"Where this kind of problem is explained."`
	Title     string         `json:"title" doc:"What kind of problem it is; always the same for a code."`
	Status    int            `json:"status" doc:"The HTTP status code."`
	Detail    string         `json:"detail" doc:"What happened here, and the way out."`
	Code      string         `json:"code" doc:"Names the kind of problem; stable, for programs."`
	RequestID string         `json:"requestId" doc:"Names the request in the log, as X-Request-Id does."`
	Errors    []FieldProblem `json:"errors,omitempty" doc:"With INVALID and MALFORMED: what is wrong, field by field."`

	Blocking    []Blocking     `json:"blocking,omitempty" doc:"With HAS_DEPENDENTS: the records that block the deletion."`
	Holds       []string       `json:"holds,omitempty" doc:"With ON_HOLD: the ids of the legal holds."`
	Owner       *Owner         `json:"owner,omitempty" doc:"With EMAIL_TAKEN: the customer that has the address."`
	Blocked     map[string]int `json:"blocked,omitempty" doc:"With PLAN_BLOCKED: how many customers, by the code of the reason."`
	Certificate *Certificate   `json:"certificate,omitempty" doc:"With PURGED: the proof of the purge."`

	retryAfter int // seconds
	challenge  bool
}

// FieldProblem is one thing that is wrong with one field. It never repeats the value, unless that is an id.
type FieldProblem struct {
	Field   string `json:"field,omitempty" example:"email"`
	Problem string `json:"problem" example:"is not an e-mail address such as ann@example.com"`
}

// Blocking counts the records of one kind that block a deletion.
type Blocking struct {
	Kind  string `json:"kind" example:"invoice"`
	Count int64  `json:"count" example:"3"`
	Href  string `json:"href" format:"uri-reference" doc:"Lists them."`
}

// Owner is the customer that has an e-mail address already or, of a line of a file, that the line is about.
type Owner struct {
	ID    string `json:"id" example:"ALFKI"`
	State string `json:"state" enum:"active,deleted,purging"`
	Links Links  `json:"links"`
}

// kind is one kind of problem: a row of the table below.
type kind struct {
	code   string
	status int
	title  string
	detail string
}

var (
	malformed        = kind{"MALFORMED", 400, "Malformed request", "The body can't be read as JSON in UTF-8."}
	badQuery         = kind{"BAD_QUERY", 400, "Bad query", "What follows the question mark of the address can't be read. Escape what is no letter or digit."}
	badCursor        = kind{"BAD_CURSOR", 400, "Bad cursor", "The cursor does not belong to this list. Take it from the page before, with the same filters, or leave it out to begin again."}
	badIfMatch       = kind{"BAD_IF_MATCH", 400, "Bad If-Match", `If-Match must be one ETag as the API gave it, such as "3", or *.`}
	badKey           = kind{"BAD_IDEMPOTENCY_KEY", 400, "Bad Idempotency-Key", "Idempotency-Key must be 1 to 128 visible ASCII characters, a UUID for example."}
	unauthenticated  = kind{"UNAUTHENTICATED", 401, "Not signed in", "Send a valid token in the Authorization header."}
	noRoute          = kind{"NO_ROUTE", 404, "No such address", "There is nothing at this address. The API is described at /docs."}
	notFound         = kind{"NOT_FOUND", 404, "Not found", "There is no such customer, and there has been none that was purged."}
	noCertificate    = kind{"NO_CERTIFICATE", 404, "No certificate", "No customer of this id was purged."}
	purgeRunning     = kind{"PURGE_RUNNING", 404, "Purge not finished", "The customer is being purged. Its certificate is drawn up at the end; ask again in a moment."}
	noRecord         = kind{"RECORD_NOT_FOUND", 404, "No such record", "The customer has no such record."}
	hidden           = kind{"IN_TRASH", 404, "Customer in the trash", "The customer is in the trash, and its records are hidden with it. Restore it first."}
	methodNotAllowed = kind{"METHOD_NOT_ALLOWED", 405, "Method not allowed", "The address has no such method; the header Allow lists those it has."}
	bodyTimeout      = kind{"BODY_TIMEOUT", 408, "Body too slow", "The body did not arrive in time."}
	exists           = kind{"EXISTS", 409, "Exists already", "There is one with this id already. It was not changed."}
	emailTaken       = kind{"EMAIL_TAKEN", 409, "E-mail address taken", "Another customer has this e-mail address."}
	hasDependents    = kind{"HAS_DEPENDENTS", 409, "Records block the deletion", "The customer has records of kinds that must not be deleted with it. Remove them, or change the kind's policy in the settings."}
	onHold           = kind{"ON_HOLD", 409, "Under legal hold", "The customer is under legal hold. It can be deleted or purged when its holds are lifted."}
	purgeStarted     = kind{"PURGE_STARTED", 409, "Purge started", "The purge has started, and there is no way back."}
	notDeleted       = kind{"NOT_DELETED", 409, "Not deleted", "The customer is not in the trash, or not by the deletion that was named."}
	inTrash          = kind{"IN_TRASH", 409, "Customer in the trash", "The customer is in the trash and can't be changed there. Restore it first."}
	purged           = kind{"PURGED", 410, "Purged", "The customer was purged for good. The certificate proves it. Its id is never used again."}
	noOperation      = kind{"NO_OPERATION", 404, "No such operation", "There is no operation with this id. Operations are kept as long as the audit log."}
	planning         = kind{"PLANNING", 409, "Still planning", "The plan is not finished. Ask the operation until its state is READY."}
	planStale        = kind{"PLAN_STALE", 409, "Stale plan", "The digest belongs to another plan. Read the operation again, review it, and apply it by the digest that it has."}
	planOutdated     = kind{"PLAN_STALE", 409, "Stale plan", "The settings have changed since this was planned, and with them what it would do. Plan it again, and look at the new impact."}
	planRefused      = kind{"PLAN_BLOCKED", 409, "Some can't be done", "The rules refuse some of the customers, and onBlocked is fail. See impact.blocked; leave them out, or apply with onBlocked skip."}
	operationRunning = kind{"OPERATION_RUNNING", 409, "Under way", "The operation has not ended. Wait until it has, or cancel it first."}
	ended            = kind{"OPERATION_ENDED", 409, "Ended", "The operation has ended. Plan another one."}
	planExpired      = kind{"PLAN_EXPIRED", 410, "Plan expired", "Nobody applied the plan within a day. Plan it again: things have changed since."}
	unacknowledged   = kind{"ACKNOWLEDGEMENT_REQUIRED", 422, "Not acknowledged", "Say \"acknowledged\": true when you have seen the impact and understand the consequences."}
	versionMismatch  = kind{"VERSION_MISMATCH", 412, "Changed meanwhile", "Somebody has changed it since you read it. Read it again and repeat your change."}
	tooLarge         = kind{"TOO_LARGE", 413, "Too large", "The body is too large."}
	fileTooLarge     = kind{"TOO_LARGE", 413, "Too large", "A request takes 4 MB of a file. Split it, with its header in each part: tail -n +2 f.csv | split -C 4000k --filter='{ head -n 1 f.csv; cat; } > $FILE.csv' - part-"}
	unsupported      = kind{"UNSUPPORTED_MEDIA_TYPE", 415, "Unsupported content type", "This address takes no body of this Content-Type, or in another encoding than UTF-8. Imports take text/csv and application/x-ndjson, all else is application/json."}
	invalid          = kind{"INVALID", 422, "Invalid", "The request breaks the rules that errors lists."}
	noParent         = kind{"NO_PARENT", 422, "No such parent", "The parent record does not exist. Add it first."}
	keyReused        = kind{"IDEMPOTENCY_KEY_REUSED", 422, "Idempotency-Key reused", "This Idempotency-Key was used for another request. Make a new one."}
	mismatch         = kind{"CONFIRMATION_MISMATCH", 422, "Confirmation does not match", "confirm must be the id of the customer to purge."}
	unconfirmed      = kind{"CONFIRMATION_REQUIRED", 422, "Confirmation required", "This retention leaves less than a day to undo a deletion. Send acknowledged: true if that is meant."}
	versionRequired  = kind{"VERSION_REQUIRED", 428, "Version required", "Say which version you have changed: send it as If-Match, or as version in the body."}
	internal         = kind{"INTERNAL", 500, "Internal error", "Something went wrong on our side. It is in the log under the request id."}
	unavailable      = kind{"UNAVAILABLE", 503, "Not finished in time", "There was no time left to finish this. Try again; what was done stays done."}
	busy             = kind{"BUSY", 503, "Busy", "The store is busy or does not answer; nothing is known to be wrong with the request. Send it again after the seconds that Retry-After names, with the same Idempotency-Key if it has one."}
	diskFull         = kind{"DISK_FULL", 507, "Disk full", "The disk that the store is on is full. Make room on it, and send the request again."}
)

// kinds are all kinds of problems, for the documentation.
var kinds = []kind{
	malformed, badQuery, badCursor, badIfMatch, badKey, unauthenticated, noRoute, notFound, noCertificate, purgeRunning, noRecord,
	hidden, methodNotAllowed, bodyTimeout, exists, emailTaken, hasDependents, onHold, purgeStarted, notDeleted, inTrash,
	purged, versionMismatch, tooLarge, fileTooLarge, unsupported, invalid, noParent, keyReused, mismatch, unconfirmed,
	versionRequired, noOperation, planning, planStale, planOutdated, planRefused, operationRunning, ended, planExpired, unacknowledged,
	internal, unavailable, busy, diskFull,
}

// errHidden is customer.ErrInTrash where it is about what the trash hides.
var errHidden = errors.New("hidden with its customer in the trash")

// errMismatch is a purge whose confirmation is not the customer's id.
var errMismatch = errors.New("the confirmation is not the customer's id")

// refusals is the table of what the rules refuse and how the API calls it. Errors
// with members of their own are in [Problem.explain].
var refusals = []struct {
	err  error
	kind kind
}{
	{errHidden, hidden},
	{errMismatch, mismatch},
	{errPurgeRunning, purgeRunning},
	{errNoCertificate, noCertificate},
	{errIfMatch, badIfMatch},
	{errVersionRequired, versionRequired},
	{errKey, badKey},
	{errContentType, unsupported},
	{errTooLarge, fileTooLarge},
	{customer.ErrNotFound, notFound},
	{customer.ErrNoRecord, noRecord},
	{customer.ErrNoParent, noParent},
	{customer.ErrExists, exists},
	{customer.ErrVersion, versionMismatch},
	{customer.ErrInTrash, inTrash},
	{customer.ErrNotDeleted, notDeleted},
	{customer.ErrPurgeStarted, purgeStarted},
	{customer.ErrCursor, badCursor},
	{customer.ErrConfirm, unconfirmed},
	{bulk.ErrNotFound, noOperation},
	{bulk.ErrPlanning, planning},
	{bulk.ErrStale, planStale},
	{bulk.ErrOutdated, planOutdated},
	{bulk.ErrRunning, operationRunning},
	{bulk.ErrVersion, operationRunning},
	{bulk.ErrEnded, ended},
	{bulk.ErrExpired, planExpired},
	{bulk.ErrConfirm, unacknowledged},
	{bulk.ErrReused, keyReused},
	{bulk.ErrCursor, badCursor},
	{context.DeadlineExceeded, unavailable},
	{context.Canceled, unavailable},
	{customer.ErrFull, diskFull},
	{customer.ErrBusy, busy},
}

// problem translates an error, and logs it if it is no fault of the request.
func (a *api) problem(ctx context.Context, err error) *Problem {
	p := translate(ctx, err)
	if p.Status >= http.StatusInternalServerError {
		a.report(ctx, err)
	}
	return p
}

// report logs why a request failed: as a warning if it may simply be sent again.
func (a *api) report(ctx context.Context, err error) {
	level := slog.LevelError
	if translate(ctx, err).Status == http.StatusServiceUnavailable {
		level = slog.LevelWarn
	}
	req := requestOf(ctx)
	a.log.Log(ctx, level, "request failed", "requestId", req.id, "method", req.method, "route", req.route,
		"customer", req.customer, "error", err)
}

func translate(ctx context.Context, err error) *Problem {
	var p *Problem
	if errors.As(err, &p) {
		return p
	}
	p = &Problem{}
	if p.explain(ctx, err) {
		return p
	}
	for _, r := range refusals {
		if errors.Is(err, r.err) {
			return r.kind.problem(ctx)
		}
	}
	return internal.problem(ctx)
}

// explain fills in an error that brings members of its own.
func (p *Problem) explain(ctx context.Context, err error) bool {
	var (
		wrong      *customer.InvalidError
		dependents *customer.DependentsError
		hold       *customer.HoldError
		taken      *customer.EmailTakenError
		gone       *customer.PurgedError
		replay     *customer.ReplayError
		unreadable *imports.UnreadableError
		broken     *brokenBodyError
		refused    *bulk.RefusedError
	)
	switch {
	case errors.As(err, &wrong):
		*p = *invalid.problem(ctx)
		p.Errors = fieldProblems(wrong)
	case errors.As(err, &dependents):
		*p = *hasDependents.problem(ctx)
		p.Blocking = blocking(requestOf(ctx).customer, dependents.Counts)
	case errors.As(err, &hold):
		*p = *onHold.problem(ctx)
		p.Holds = hold.Holds
	case errors.As(err, &taken):
		*p = *emailTaken.problem(ctx)
		p.Owner, p.Detail = ownerOf(taken.Owner, taken.State), wayOut(taken)
	case errors.As(err, &gone):
		*p = *purged.problem(ctx)
		p.Certificate = new(certificateOf(gone.Certificate))
	case errors.As(err, &replay):
		*p = *keyReused.problem(ctx)
	case errors.As(err, &unreadable):
		*p = *malformed.problem(ctx)
		p.Errors = []FieldProblem{{Problem: unreadable.Problem}}
	case errors.As(err, &refused):
		*p = *planRefused.problem(ctx)
		p.Blocked = refused.Codes
	case errors.As(err, &broken):
		*p = *malformed.problem(ctx)
		p.Detail = "The body ended before its end."
	default:
		return false
	}
	return true
}

func (k kind) problem(ctx context.Context) *Problem {
	p := &Problem{
		Type: k.href(), Title: k.title, Status: k.status, Detail: k.detail, Code: k.code,
		RequestID: requestOf(ctx).id, challenge: k.status == http.StatusUnauthorized,
	}
	if k == purgeRunning || k.status == http.StatusServiceUnavailable {
		p.retryAfter = 5
	}
	return p
}

func (k kind) href() string { return "/docs#" + k.anchor() }

func (k kind) anchor() string {
	return "problem-" + strings.ToLower(strings.ReplaceAll(k.code, "_", "-"))
}

func fieldProblems(err *customer.InvalidError) []FieldProblem {
	problems := make([]FieldProblem, len(err.Fields))
	for i, f := range err.Fields {
		problems[i] = FieldProblem{f.Field, f.Problem}
	}
	return problems
}

func ownerOf(id string, state customer.State) *Owner {
	return &Owner{ID: id, State: string(state), Links: linksOf(id, state)}
}

func wayOut(taken *customer.EmailTakenError) string {
	switch taken.State {
	case customer.Deleted:
		return "A customer in the trash has this e-mail address. Restore that customer, or purge it to free the address."
	case customer.Purging:
		return "A customer that is being purged has this e-mail address. It is free when the purge is finished; try again in a moment."
	case customer.Active:
	}
	return "Another customer has this e-mail address. Use that customer, or change its address first."
}

// Error makes a problem an error that huma writes as it is.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus is the HTTP status that huma answers with.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of RFC 9457.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders are the headers that go with the problem.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	if p.challenge {
		h.Set("WWW-Authenticate", "Bearer")
	}
	return h
}

func (p *Problem) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), p.GetHeaders())
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client is gone, or reads it
}

// send writes the problem from within a huma middleware.
func (p *Problem) send(ctx huma.Context) {
	for name, values := range p.GetHeaders() {
		ctx.SetHeader(name, values[0])
	}
	ctx.SetHeader("Content-Type", p.ContentType(""))
	ctx.SetStatus(p.Status)
	_ = json.NewEncoder(ctx.BodyWriter()).Encode(p) // the client is gone, or reads it
}
