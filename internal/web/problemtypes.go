package web

import (
	"context"
	"errors"
	"slices"
	"strings"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/refusal"
)

// problemType says how the API presents a refusal or a fault: a row of the table below. A handler that refuses
// something itself returns the row as its error.
type problemType struct {
	code       refusal.Code
	status     int
	title      string
	detail     string
	retryAfter int     // seconds; 0: it doesn't say when to come back
	of         []error // what it presents, if the code doesn't tell: faults, and one of two refusals with the same code
}

// The table.
var (
	malformed        = &problemType{code: refusal.Malformed, status: 400, title: "Malformed request", detail: "The body can't be read as JSON in UTF-8."}
	brokenBody       = &problemType{code: refusal.Malformed, status: 400, title: "Malformed request", detail: "The body ended before its end."}
	badQuery         = &problemType{code: "BAD_QUERY", status: 400, title: "Bad query", detail: "What follows the question mark of the address can't be read. Escape what is no letter or digit."}
	badCursor        = &problemType{code: refusal.BadCursor, status: 400, title: "Bad cursor", detail: "The cursor does not belong to this list. Take it from the page before, with the same filters, or leave it out to begin again."}
	badIfMatch       = &problemType{code: "BAD_IF_MATCH", status: 400, title: "Bad If-Match", detail: `If-Match must be one ETag as the API gave it, such as "3", or *.`}
	badKey           = &problemType{code: "BAD_IDEMPOTENCY_KEY", status: 400, title: "Bad Idempotency-Key", detail: "Idempotency-Key must be 1 to 128 visible ASCII characters, a UUID for example."}
	unauthenticated  = &problemType{code: "UNAUTHENTICATED", status: 401, title: "Not signed in", detail: "Send a valid token in the Authorization header."}
	noRoute          = &problemType{code: "NO_ROUTE", status: 404, title: "No such address", detail: "There is nothing at this address. The API is described at /docs."}
	notFound         = &problemType{code: refusal.NotFound, status: 404, title: "Not found", detail: "There is no such customer, and there has been none that was purged."}
	noCertificate    = &problemType{code: "NO_CERTIFICATE", status: 404, title: "No certificate", detail: "No customer of this id was purged."}
	purgeRunning     = &problemType{code: "PURGE_RUNNING", status: 404, title: "Purge not finished", detail: "The customer is being purged. Its certificate is drawn up at the end; ask again in a moment.", retryAfter: 5}
	noRecord         = &problemType{code: refusal.RecordNotFound, status: 404, title: "No such record", detail: "The customer has no such record."}
	hidden           = &problemType{code: refusal.InTrash, status: 404, title: "Customer in the trash", detail: "The customer is in the trash, and its records are hidden with it. Restore it first."}
	methodNotAllowed = &problemType{code: "METHOD_NOT_ALLOWED", status: 405, title: "Method not allowed", detail: "The address has no such method; the header Allow lists those it has."}
	bodyTimeout      = &problemType{code: "BODY_TIMEOUT", status: 408, title: "Body too slow", detail: "The body did not arrive in time."}
	exists           = &problemType{code: refusal.Exists, status: 409, title: "Exists already", detail: "There is one with this id already. It was not changed."}
	emailTaken       = &problemType{code: refusal.EmailTaken, status: 409, title: "E-mail address taken", detail: "Another customer has this e-mail address."}
	hasDependents    = &problemType{code: refusal.HasDependents, status: 409, title: "Records block the deletion", detail: "The customer has records of kinds that must not be deleted with it. Remove them, or change the kind's policy in the settings."}
	onHold           = &problemType{code: refusal.OnHold, status: 409, title: "Under legal hold", detail: "The customer is under legal hold. It can be deleted or purged when its holds are lifted."}
	purgeStarted     = &problemType{code: refusal.PurgeStarted, status: 409, title: "Purge started", detail: "The purge has started, and there is no way back."}
	notDeleted       = &problemType{code: refusal.NotDeleted, status: 409, title: "Not deleted", detail: "The customer is not in the trash, or not by the deletion that was named."}
	inTrash          = &problemType{code: refusal.InTrash, status: 409, title: "Customer in the trash", detail: "The customer is in the trash and can't be changed there. Restore it first."}
	purged           = &problemType{code: refusal.Purged, status: 410, title: "Purged", detail: "The customer was purged for good. The certificate proves it. Its id is never used again."}
	noOperation      = &problemType{code: refusal.NoOperation, status: 404, title: "No such operation", detail: "There is no operation with this id. Operations are kept as long as the audit log."}
	planning         = &problemType{code: refusal.Planning, status: 409, title: "Still planning", detail: "The plan is not finished. Ask the operation until its state is READY."}
	planStale        = &problemType{code: refusal.PlanStale, status: 409, title: "Stale plan", detail: "The digest belongs to another plan. Read the operation again, review it, and apply it by the digest that it has.", of: []error{bulk.ErrStale}}
	planOutdated     = &problemType{code: refusal.PlanStale, status: 409, title: "Stale plan", detail: "The settings have changed since this was planned, and with them what it would do. Plan it again, and look at the new impact.", of: []error{bulk.ErrOutdated}}
	planRefused      = &problemType{code: refusal.PlanBlocked, status: 409, title: "Some can't be done", detail: "The rules refuse some of the customers, and onBlocked is fail. See impact.blocked; leave them out, or apply with onBlocked skip."}
	operationRunning = &problemType{code: refusal.OperationRunning, status: 409, title: "Under way", detail: "The operation has not ended. Wait until it has, or cancel it first."}
	ended            = &problemType{code: refusal.OperationEnded, status: 409, title: "Ended", detail: "The operation has ended. Plan another one."}
	planExpired      = &problemType{code: refusal.PlanExpired, status: 410, title: "Plan expired", detail: "Nobody applied the plan within a day. Plan it again: things have changed since."}
	unacknowledged   = &problemType{code: refusal.AcknowledgementRequired, status: 422, title: "Not acknowledged", detail: "Say \"acknowledged\": true when you have seen the impact and understand the consequences."}
	versionMismatch  = &problemType{code: refusal.VersionMismatch, status: 412, title: "Changed meanwhile", detail: "Somebody has changed it since you read it. Read it again and repeat your change."}
	tooLarge         = &problemType{code: "TOO_LARGE", status: 413, title: "Too large", detail: "The body is too large."}
	fileTooLarge     = &problemType{code: "TOO_LARGE", status: 413, title: "Too large", detail: "A request takes 4 MB of a file. Split it, with its header in each part: tail -n +2 f.csv | split -C 4000k --filter='{ head -n 1 f.csv; cat; } > $FILE.csv' - part-"}
	unsupported      = &problemType{code: "UNSUPPORTED_MEDIA_TYPE", status: 415, title: "Unsupported content type", detail: "This address takes no body of this Content-Type, or in another encoding than UTF-8. Imports take text/csv and application/x-ndjson, all else is application/json."}
	invalid          = &problemType{code: refusal.Invalid, status: 422, title: "Invalid", detail: "The request breaks the rules that errors lists."}
	noParent         = &problemType{code: refusal.NoParent, status: 422, title: "No such parent", detail: "The parent record does not exist. Add it first."}
	keyReused        = &problemType{code: refusal.IdempotencyKeyReused, status: 422, title: "Idempotency-Key reused", detail: "This Idempotency-Key was used for another request. Make a new one."}
	mismatch         = &problemType{code: "CONFIRMATION_MISMATCH", status: 422, title: "Confirmation does not match", detail: "confirm must be the id of the customer to purge."}
	unconfirmed      = &problemType{code: refusal.ConfirmationRequired, status: 422, title: "Confirmation required", detail: "This retention leaves less than a day to undo a deletion. Send acknowledged: true if that is meant."}
	versionRequired  = &problemType{code: "VERSION_REQUIRED", status: 428, title: "Version required", detail: "Say which version you have changed: send it as If-Match, or as version in the body."}
	internal         = &problemType{code: "INTERNAL", status: 500, title: "Internal error", detail: "Something went wrong on our side. It is in the log under the request id."}
	unavailable      = &problemType{code: "UNAVAILABLE", status: 503, title: "Not finished in time", detail: "There was no time left to finish this. Try again; what was done stays done.", retryAfter: 5, of: []error{context.DeadlineExceeded, context.Canceled}}
	busy             = &problemType{code: "BUSY", status: 503, title: "Busy", detail: "The store is busy or does not answer; nothing is known to be wrong with the request. Send it again after the seconds that Retry-After names, with the same Idempotency-Key if it has one.", retryAfter: 5, of: []error{customer.ErrBusy}}
	diskFull         = &problemType{code: "DISK_FULL", status: 507, title: "Disk full", detail: "The disk that the store is on is full. Make room on it, and send the request again.", of: []error{customer.ErrFull}}
)

// problemTypes are the rows of the table, in the order of the documentation. Of two with the same code the
// first presents what the rules refuse, and the second only what a handler does.
var problemTypes = []*problemType{
	malformed, brokenBody, badQuery, badCursor, badIfMatch, badKey, unauthenticated, noRoute, notFound, noCertificate, purgeRunning,
	noRecord, methodNotAllowed, bodyTimeout, exists, emailTaken, hasDependents, onHold, purgeStarted, notDeleted, inTrash,
	hidden, purged, versionMismatch, tooLarge, fileTooLarge, unsupported, invalid, noParent, keyReused, mismatch, unconfirmed,
	versionRequired, noOperation, planning, planStale, planOutdated, planRefused, operationRunning, ended, planExpired,
	unacknowledged, internal, unavailable, busy, diskFull,
}

// problemTypeOf finds the type of problem that an error is; internal if nothing is known of the error.
func problemTypeOf(err error) *problemType {
	if t, ok := errors.AsType[*problemType](err); ok {
		return t
	}
	code, _ := refusal.CodeOf(err)
	for _, t := range problemTypes {
		if t.presents(err, code) {
			return t
		}
	}
	return internal
}

func (t *problemType) presents(err error, code refusal.Code) bool {
	if len(t.of) == 0 {
		return t.code == code
	}
	return slices.ContainsFunc(t.of, func(of error) bool { return errors.Is(err, of) })
}

// Error makes a row an error that a handler can return. It is none by package refusal: of an import whose body
// ends before its end, all of it fails, and not the line that was to come.
func (t *problemType) Error() string { return string(t.code) + ": " + t.detail }

func (t *problemType) href() string { return "/docs#" + t.anchor() }

func (t *problemType) anchor() string {
	return "problem-" + strings.ToLower(strings.ReplaceAll(string(t.code), "_", "-"))
}
