package web

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/refusal"
)

// problemType is how the API presents a refusal or a fault: a row of the table below. A row is an error, which a
// handler returns for a refusal of its own.
type problemType struct {
	code       refusal.Code
	status     int
	title      string
	detail     string
	retryAfter int     // of the Retry-After header, in seconds; 0: no header
	challenge  string  // of the WWW-Authenticate header; empty: no header
	errs       []error // the errors it presents; nil: every error with the code
}

// The table. A detail says what is wrong and what to do.
var (
	malformed        = &problemType{code: refusal.Malformed, status: 400, title: "Malformed request", detail: "The body can't be read as JSON in UTF-8. Correct it, and send the request again."}
	brokenBody       = &problemType{code: refusal.Malformed, status: 400, title: "Malformed request", detail: "The body ended too early. Send the request again."}
	badQuery         = &problemType{code: "BAD_QUERY", status: 400, title: "Bad query", detail: "The query string can't be read. Percent-encode every character that is not a letter or a digit."}
	badCursor        = &problemType{code: refusal.BadCursor, status: 400, title: "Bad cursor", detail: "The cursor does not belong to this list with these filters. Use the cursor of the previous page, or leave it out to start again."}
	badIfMatch       = &problemType{code: "BAD_IF_MATCH", status: 400, title: "Bad If-Match", detail: `If-Match must be one ETag as the API gave it, such as "3", or *.`}
	badKey           = &problemType{code: "BAD_IDEMPOTENCY_KEY", status: 400, title: "Bad Idempotency-Key", detail: "Idempotency-Key must be 1 to 128 visible ASCII characters, a UUID for example."}
	unauthenticated  = &problemType{code: "UNAUTHENTICATED", status: 401, title: "Not signed in", detail: "The request has no valid token. Send one in the header Authorization: Bearer <token>.", challenge: "Bearer"}
	staleSignIn      = &problemType{code: "STALE_SIGN_IN", status: 401, title: "Sign-in too old", detail: "This needs a sign-in that is at most maxAge seconds old. Sign in again, and repeat the request with the new token.", challenge: staleChallenge}
	forbidden        = &problemType{code: "FORBIDDEN", status: 403, title: "Not permitted", detail: "You lack the permission that permission names. Ask an administrator who may change the access rules to give it to one of your groups."}
	suspended        = &problemType{code: refusal.Suspended, status: 403, title: "Suspended", detail: "You are suspended. Another administrator can lift that."}
	noRoute          = &problemType{code: "NO_ROUTE", status: 404, title: "No such path", detail: "The API does not have this path. /docs lists all paths."}
	notFound         = &problemType{code: refusal.NotFound, status: 404, title: "Not found", detail: "No customer has this id, and no customer with this id was purged. Check the id."}
	noCertificate    = &problemType{code: "NO_CERTIFICATE", status: 404, title: "No certificate", detail: "No customer with this id was purged. Check the id."}
	purgeRunning     = &problemType{code: "PURGE_RUNNING", status: 404, title: "Purge not finished", detail: "The purge of this customer is running. Its certificate is written at the end: ask again after the seconds in Retry-After.", retryAfter: 5}
	noRecord         = &problemType{code: refusal.RecordNotFound, status: 404, title: "No such record", detail: "The customer has no record with this key. List its records to see their keys."}
	hidden           = &problemType{code: refusal.InTrash, status: 404, title: "Customer in the trash", detail: "The customer is in the trash, and its records are hidden. Restore the customer first."}
	methodNotAllowed = &problemType{code: "METHOD_NOT_ALLOWED", status: 405, title: "Method not allowed", detail: "This path does not have this method. The Allow header lists the methods that it has."}
	bodyTimeout      = &problemType{code: "BODY_TIMEOUT", status: 408, title: "Body too slow", detail: fmt.Sprintf("The body did not arrive within %.0f seconds. Send the request again.", bodyReadTimeout.Seconds())}
	exists           = &problemType{code: refusal.Exists, status: 409, title: "Already exists", detail: "This id is taken, and nothing was changed. Use another id."}
	emailTaken       = &problemType{code: refusal.EmailTaken, status: 409, title: "E-mail address taken", detail: "Another customer has this e-mail address. Use that customer, or change its address first."}
	hasDependents    = &problemType{code: refusal.HasDependents, status: 409, title: "Records block the deletion", detail: "The customer has records that block its deletion; blocking counts them by kind. Remove them, or change the policy of their kind in the settings."}
	onHold           = &problemType{code: refusal.OnHold, status: 409, title: "Under legal hold", detail: "The customer is under legal hold; holds lists the ids. Lift the holds, and send the request again."}
	purgeStarted     = &problemType{code: refusal.PurgeStarted, status: 409, title: "Purge started", detail: "The purge of this customer has started and can't be stopped."}
	notDeleted       = &problemType{code: refusal.NotDeleted, status: 409, title: "Not deleted", detail: "The customer is not in the trash, or deletionId names another deletion. Read the customer to see its state."}
	inTrash          = &problemType{code: refusal.InTrash, status: 409, title: "Customer in the trash", detail: "The customer is in the trash, where it can't be changed. Restore it first."}
	purged           = &problemType{code: refusal.Purged, status: 410, title: "Purged", detail: "The customer was purged for good; certificate proves it. A purged id is never used again: use another id."}
	noOperation      = &problemType{code: refusal.NoOperation, status: 404, title: "No such operation", detail: "No operation has this id. Operations are kept only as long as the audit log."}
	planning         = &problemType{code: refusal.Planning, status: 409, title: "Still planning", detail: "The plan is not ready. Read the operation until its state is READY."}
	planStale        = &problemType{code: refusal.PlanStale, status: 409, title: "Stale plan", detail: "The digest belongs to another plan. Read the operation, review its impact, and apply it with the digest that you read.", errs: []error{bulk.ErrStale}}
	planOutdated     = &problemType{code: refusal.PlanStale, status: 409, title: "Stale plan", detail: "The settings have changed since the plan was made, and the plan no longer does what it says. Create a new operation, and review its impact.", errs: []error{bulk.ErrOutdated}}
	planRefused      = &problemType{code: refusal.PlanBlocked, status: 409, title: "Some customers are refused", detail: "The rules refuse some of the customers, and onBlocked is fail; blocked counts them by code. Leave them out, or apply the plan with onBlocked skip."}
	operationRunning = &problemType{code: refusal.OperationRunning, status: 409, title: "Operation running", detail: "The operation is running. Wait until it ends, or cancel it first."}
	ended            = &problemType{code: refusal.OperationEnded, status: 409, title: "Operation ended", detail: "The operation has ended. Create a new one."}
	approvalRequired = &problemType{code: refusal.ApprovalRequired, status: 409, title: "Needs a second administrator", detail: "The access rules let nobody do this alone. Create an operation with this one customer: when you have applied it, it waits until a second administrator approves it."}
	unapproved       = &problemType{code: refusal.ApprovalRequired, status: 409, title: "Needs a second administrator", detail: "The operation ran without a second administrator, and the access rules ask for one now. Create a new operation with the customers that failed.", errs: []error{bulk.ErrUnapproved}}
	ownApproval      = &problemType{code: refusal.OwnApproval, status: 409, title: "Your own approval", detail: "You created or applied this operation, or proposed this change. Ask another administrator to approve it."}
	notWaiting       = &problemType{code: refusal.NotWaiting, status: 409, title: "Nothing waits for approval", detail: "The operation does not wait for a second administrator, or no change of the access rules is proposed. Read it to see its state."}
	planExpired      = &problemType{code: refusal.PlanExpired, status: 410, title: "Plan expired", detail: "The plan was not applied within a day, and the customers may have changed. Create a new operation."}
	unacknowledged   = &problemType{code: refusal.AcknowledgementRequired, status: 422, title: "Not acknowledged", detail: "Send \"acknowledged\": true when you have reviewed the impact and understand the consequences."}
	versionMismatch  = &problemType{code: refusal.VersionMismatch, status: 412, title: "Version changed", detail: "The customer, the settings or the access rules have changed since you read them. Read them again, and repeat your change with the new version."}
	tooLarge         = &problemType{code: "TOO_LARGE", status: 413, title: "Too large", detail: fmt.Sprintf("The body is too large. It may have %d KB, and %d KB for a new operation.", maxBody>>10, maxOperationBody>>10)}
	fileTooLarge     = &problemType{code: "TOO_LARGE", status: 413, title: "Too large", detail: "The file is too large. A request takes 4 MB: split the file, with its header in each part: tail -n +2 f.csv | split -C 4000k --filter='{ head -n 1 f.csv; cat; } > $FILE.csv' - part-"}
	unsupported      = &problemType{code: "UNSUPPORTED_MEDIA_TYPE", status: 415, title: "Unsupported content type", detail: "This path does not take this Content-Type, or this charset. Send application/json in UTF-8; to an import, text/csv or application/x-ndjson."}
	invalid          = &problemType{code: refusal.Invalid, status: 422, title: "Invalid", detail: "The request breaks the rules that errors lists by field."}
	noParent         = &problemType{code: refusal.NoParent, status: 422, title: "No such parent", detail: "The parent record does not exist. Add it first, or correct parent."}
	keyReused        = &problemType{code: refusal.IdempotencyKeyReused, status: 422, title: "Idempotency-Key reused", detail: "This Idempotency-Key was used for a different request. Use a new key."}
	mismatch         = &problemType{code: "CONFIRMATION_MISMATCH", status: 422, title: "Confirmation does not match", detail: "confirm must be the id of the customer in the path."}
	unconfirmed      = &problemType{code: refusal.ConfirmationRequired, status: 422, title: "Confirmation required", detail: "This retention leaves less than a day to undo a deletion. Send \"acknowledged\": true if you want that."}
	versionRequired  = &problemType{code: "VERSION_REQUIRED", status: 428, title: "Version required", detail: "The request does not say which version it changes. Send the version that you read as If-Match, or as version in the body."}
	internal         = &problemType{code: "INTERNAL", status: 500, title: "Internal error", detail: "The server failed. Its log says why, under the requestId of this answer."}
	unavailable      = &problemType{code: "UNAVAILABLE", status: 503, title: "Not finished in time", detail: "There was no time to finish the request. Send it again: what was done stays done.", retryAfter: 5, errs: []error{context.DeadlineExceeded, context.Canceled}}
	busy             = &problemType{code: "BUSY", status: 503, title: "Busy", detail: "The store is busy or does not answer. Send the request again after the seconds in Retry-After, with the same Idempotency-Key if it has one.", retryAfter: 5, errs: []error{customer.ErrBusy}}
	diskFull         = &problemType{code: "DISK_FULL", status: 507, title: "Disk full", detail: "The disk of the store is full. Make room on it, and send the request again.", errs: []error{customer.ErrFull}}
)

// problemTypes lists the rows of the table in the order of the documentation. If two rows have the same code, the
// first presents a refusal by the rules, and the second is only returned by handlers.
var problemTypes = []*problemType{
	malformed, brokenBody, badQuery, badCursor, badIfMatch, badKey, unauthenticated, staleSignIn, forbidden, suspended, noRoute, notFound, noCertificate, purgeRunning,
	noRecord, methodNotAllowed, bodyTimeout, exists, emailTaken, hasDependents, onHold, purgeStarted, notDeleted, inTrash,
	hidden, purged, versionMismatch, tooLarge, fileTooLarge, unsupported, invalid, noParent, keyReused, mismatch, unconfirmed,
	versionRequired, noOperation, planning, planStale, planOutdated, planRefused, operationRunning, ended, planExpired,
	unacknowledged, approvalRequired, unapproved, ownApproval, notWaiting, internal, unavailable, busy, diskFull,
}

// problemTypeOf returns the row that presents err, internal if there is no other.
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
	if len(t.errs) == 0 {
		return t.code == code
	}
	return slices.ContainsFunc(t.errs, func(e error) bool { return errors.Is(err, e) })
}

// Error returns the code and the detail. A row is not a [refusal.Error]: brokenBody must fail a whole import, and a
// refusal would fail only one line of it.
func (t *problemType) Error() string { return string(t.code) + ": " + t.detail }

func (t *problemType) href() string { return "/docs#" + t.anchor() }

func (t *problemType) anchor() string {
	return "problem-" + strings.ToLower(strings.ReplaceAll(string(t.code), "_", "-"))
}
