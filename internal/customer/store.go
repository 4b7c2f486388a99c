package customer

import (
	"context"
	"iter"
	"time"

	"lethe/internal/audit"
)

// Store keeps customers and all that belongs to them. It consists of one interface for each subject.
//
// Any method may return ErrBusy, ErrFull, the error of its context or another fault. After a fault a
// change may or may not have been made, and the call may be repeated. The comments name the other errors,
// and say what a repeated call does. A Reader's calls change nothing.
type Store interface {
	Reader
	Writer
	RecordWriter
	PurgeStore
	SettingsStore
	AuditWriter
	Leases
	audit.Store
}

// Reader reads customers, records, audit logs and totals. It applies no rules, so a [Service] has its
// methods unchanged.
type Reader interface {
	// Customer reads one customer, consistently. ErrNotFound if there is no such root.
	Customer(ctx context.Context, id string) (Customer, error)
	// Customers reads one page of a list. It may lag behind writes for a moment. ErrCursor if the
	// cursor belongs to another list, *InvalidError if the search is not valid.
	Customers(ctx context.Context, q Query) (Page, error)
	// Roots reads many customers, consistently; those that don't exist are left out.
	Roots(ctx context.Context, ids []string) ([]Customer, error)
	// EmailOwner returns the id of the customer that has an e-mail address, consistently. ErrNotFound
	// if no customer has it.
	EmailOwner(ctx context.Context, email string) (id string, err error)
	// Replayed returns a *ReplayError if a change was made before under the key of this one. It returns
	// nil for a change without a key.
	Replayed(ctx context.Context, ch Change) error

	// Record reads one record together with its customer's root. ErrNoRecord if it does not exist;
	// ErrNotFound, ErrInTrash or ErrPurgeStarted unless the customer is active.
	Record(ctx context.Context, id string, key Key) (Record, error)
	// Records reads one page of a customer's records. ErrCursor if the cursor belongs to another list;
	// ErrNotFound, ErrInTrash or ErrPurgeStarted unless the customer is active.
	Records(ctx context.Context, q RecordQuery) (RecordPage, error)
	// Retained reads one page of the records that a purge retained, empty if it retained none.
	// ErrCursor.
	Retained(ctx context.Context, q RecordQuery) (RecordPage, error)

	// Entries reads one page of a customer's audit log, newest first, empty if the log is. ErrCursor.
	Entries(ctx context.Context, q EntryQuery) (EntryPage, error)
	// Units returns what a write of the customer costs. It reads nothing.
	Units(c Customer) Units
	// Totals counts customers. It lags behind writes until the change stream has delivered them.
	Totals(ctx context.Context) (Totals, error)
	// TotalsByDay counts what happened on each day from the first to the last, in their order, with the same
	// lag. Days are kept for KeptDays.
	TotalsByDay(ctx context.Context, first, last Day) ([]DayTotals, error)
}

// Writer changes customers. Each method is atomic, and makes the change only if the matching Can function
// of [Customer] allows it. If not, it returns that function's error for the state that refused the
// change, or ErrNotFound, or ErrVersion if Change.IfVersion is not the current version.
//
// Repeated with the same Change.ID after it succeeded, a method succeeds again and changes nothing, as
// long as the customer remembers the change; see [Recent]. For a day after a change with a key, another
// change with that key is refused with *ReplayError. This is also so after ErrUnchanged, which is
// returned once for a key.
type Writer interface {
	// Create adds a customer. ErrExists, or *EmailTakenError without the owner's state.
	Create(ctx context.Context, c Customer) error
	// Revise replaces the profile of old with the one in revised; see CanChange. ErrVersion if old is not
	// the current version, *EmailTakenError without the owner's state.
	Revise(ctx context.Context, old, revised Customer) error
	// Delete moves a customer to the trash, and returns the customer after the change, also together
	// with ErrUnchanged. See CanDelete.
	Delete(ctx context.Context, id string, d Deletion, s Settings, ch Change) (Customer, error)
	// Restore takes a customer out of the trash. It returns the customer as Delete does; see CanRestore.
	Restore(ctx context.Context, id, generation string, ch Change) (Customer, error)
	// SetBlocked sets or clears the blocked flag. It returns the customer as Delete does; see CanBlock.
	SetBlocked(ctx context.Context, id string, blocked bool, ch Change) (Customer, error)
	// Hold places a legal hold. It returns the customer as Delete does; see CanHold.
	Hold(ctx context.Context, id, hold string, ch Change) (Customer, error)
	// Lift lifts a legal hold. It returns the customer as Delete does; see CanLift.
	Lift(ctx context.Context, id, hold string, ch Change) (Customer, error)
	// Advance makes each transition independently of the others. It returns one result for each, in the
	// same order: nil, ErrNotFound, an error of Transition.Refused, or a fault, after which that
	// transition may be repeated.
	Advance(ctx context.Context, transitions []Transition, s Settings) []error
}

// RecordWriter adds and removes records. Both methods return ErrNotFound, ErrInTrash or ErrPurgeStarted
// unless the customer is active, and *ReplayError as the methods of [Writer] do. Repeated with the same
// Change.ID they succeed again, as those methods do.
type RecordWriter interface {
	// AddRecords adds up to MaxBatch records to one customer, in one transaction. The result of each
	// record is nil, ErrExists or ErrNoParent. If err is not nil, no record was added.
	AddRecords(ctx context.Context, id string, records []Record, ch Change) (results []error, err error)
	// RemoveRecord removes a record and all below it for good. ErrNoRecord if it does not exist. If these
	// are more than MaxBatch records, an error may leave some of them; a repeated call removes the rest.
	RemoveRecord(ctx context.Context, id string, key Key, ch Change) error
}

// PurgeStore has the steps of purges, from finding due customers to removing the root. Each call may be
// repeated, and made by several processes at the same time.
type PurgeStore interface {
	// Trash iterates over the trash by purge time, soonest first: deleted customers that are due at
	// until, and purges with a lease that has ended at until. It leaves out customers under legal hold and
	// those that are never due. If until is the zero time, it iterates over the whole trash. It may lag
	// behind writes for a moment. It stops after an error.
	Trash(ctx context.Context, until time.Time) iter.Seq2[Customer, error]
	// Fence takes a customer past the fence and returns the customer, also together with ErrUnchanged.
	// ErrNotFound; see CanPurge. It is conditional and can be repeated like the methods of Writer.
	Fence(ctx context.Context, id string, f Fence, ch Change) (Customer, error)
	// PutBack writes a root that TTL removed, as given. lease is for a customer that is being purged,
	// zero otherwise. If there is a root, PutBack does nothing and returns nil.
	PutBack(ctx context.Context, c Customer, lease time.Time) error
	// Lease sets the time from which the sweep queues a purge again. ErrNotFound unless the customer is
	// being purged in that generation.
	Lease(ctx context.Context, id, generation string, until time.Time) error
	// Erase removes everything that belongs to fenced customers, except their roots. Records of the
	// frozen kinds to retain are first copied, stripped, to a place apart from the customer.
	// ErrUnfinished if it stopped before the context's deadline. A repeated call continues with what is
	// left.
	Erase(ctx context.Context, customers ...Customer) error
	// Residue counts, consistently, the items that Erase should have removed. It may stop counting once
	// it has found some.
	Residue(ctx context.Context, customers ...Customer) (int, error)
	// Remove removes fenced roots. A root that does not exist is no error. A root of another deletion
	// stays, and the error is a fault.
	Remove(ctx context.Context, customers ...Customer) error
}

// SettingsStore keeps the settings.
type SettingsStore interface {
	// Settings reads the settings in force, consistently. They are zero before the first change.
	Settings(ctx context.Context) (Settings, error)
	// PutSettings replaces the settings, logs who did it, and returns the settings with their new version. ErrVersion unless
	// s.Version is the current version; so a repeated call after a success returns ErrVersion, too. Either both are written
	// or nothing.
	PutSettings(ctx context.Context, s Settings, logged audit.Entry) (Settings, error)
}

// AuditWriter keeps audit logs and the totals. Neither method has an error of its own.
type AuditWriter interface {
	// Observe adds entries to the audit logs of their customers, their Deltas to the totals and their Moves to
	// those of the day of Entry.At. It returns how many of them, from the first, are added. After an error
	// later ones may be added, too. An entry is added together with what it counts or not at all, and once
	// for each Entry.Seq: the same entries can be given again, in other groups. A customer's entries are
	// added in their order.
	Observe(ctx context.Context, entries []Entry) (added int, err error)
	// Reword replaces every reason in a customer's audit log by what a function returns for it. After an
	// error some may be replaced. The function must return its own results unchanged, so that a
	// repeated call is harmless.
	Reword(ctx context.Context, id string, reword func(reason string) string) error
}

// Leases let one process at a time do a task.
type Leases interface {
	// Acquire takes the named lease until the given time. ErrLeased while another holder has it. If the
	// holder has it, Acquire sets its new end.
	Acquire(ctx context.Context, name, holder string, now, until time.Time) error
	// Release ends the named lease. It does nothing if the holder does not have it.
	Release(ctx context.Context, name, holder string) error
}

// Ledger keeps certificates. It is not part of any backup of the store, so restoring one does not affect
// it. It appends each certificate to a chain, and never changes or removes one. Besides the named
// errors its methods return faults, as those of [Store] do.
type Ledger interface {
	LedgerReader
	// Certify adds certificates. Each purge has at most one: if there is one, it stays as it is. After an
	// error some may have been added; a repeated call adds the rest.
	Certify(ctx context.Context, certs ...Certificate) error
}

// LedgerReader reads certificates. A [Service] has its methods unchanged.
type LedgerReader interface {
	// Certificate returns the latest certificate of a customer: one that was purged again after a restored
	// backup has several. ErrNotFound if it has none.
	Certificate(ctx context.Context, id string) (Certificate, error)
	// Certificates reads one page of all certificates, chain by chain, each in order. ErrCursor if the
	// cursor belongs to another list.
	Certificates(ctx context.Context, q CertificateQuery) (CertificatePage, error)
	// Heads returns the end of every chain, consistently. Empty chains have heads, too.
	Heads(ctx context.Context) ([]Head, error)
}

// Queue delivers messages to workers, each at least once. A message has up to MaxJobs purges. All errors of its
// methods are faults.
type Queue interface {
	// Enqueue adds jobs, in this order, in as few messages as hold them. After an error some may have been added. It
	// may be repeated: a job that a worker gets twice does nothing the second time.
	Enqueue(ctx context.Context, jobs ...Job) error
	// EnqueueApart is Enqueue with a message for each job.
	EnqueueApart(ctx context.Context, jobs ...Job) error
	// Backlog estimates the number of messages that are queued or in progress.
	Backlog(ctx context.Context) (int, error)
}

// MaxJobs is how many purges a message has at most. A worker does them in seconds if the customers are small, and ten
// such messages stay below the 256 KB that SQS takes in one request.
const MaxJobs = 100

// Job asks a worker to finish the purge of one generation of a customer.
type Job struct {
	Customer   string `json:"customer"`
	Generation string `json:"generation"`
}

// Query asks for a page of a list of customers.
type Query struct {
	State  State  // Active; or Deleted for the trash and the customers being purged
	Search string // see ParseSearch; empty: all customers of the list
	Limit  int
	Cursor string // from the previous page; empty for the first

	// Consistent reads the customers that a search finds consistently. It has no effect without
	// Search: a list has no such reads.
	Consistent bool
}

// Page is a page of a list of customers. Of what [Customer] has, they have ID, Version, State, Blocked, Profile,
// HoldCount, the Deletion without its Reason and, if they are active, Created. The customers that a search
// found are whole.
type Page struct {
	Customers []Customer
	Cursor    string // for the next page; empty at the end
}

// Units are the write units of one write of a customer: 1 and 1, unless it is larger than most.
type Units struct {
	Root  int // of the customer itself
	Entry int // of its entry in a list
}

// RecordQuery asks for a page of one customer's records.
type RecordQuery struct {
	Customer string
	Kind     string // empty: all kinds
	Parent   Key    // empty: records of the kind on all levels
	Limit    int
	Cursor   string
}

// RecordPage is a page of records, parents before their children. It ends at the limit of the query, or
// with the record that fills [MaxPageData].
type RecordPage struct {
	Records []Record
	Cursor  string // for the next page; empty at the end
}

// CertificateQuery asks for a page of the ledger.
type CertificateQuery struct {
	Limit  int
	Cursor string // from the previous page; empty for the first
}

// CertificatePage is a page of the ledger.
type CertificatePage struct {
	Certificates []Certificate
	Cursor       string // for the next page; empty at the end
}

// EntryQuery asks for a page of a customer's audit log.
type EntryQuery struct {
	Customer string
	Limit    int
	Cursor   string
}

// EntryPage is a page of an audit log.
type EntryPage struct {
	Entries []Entry
	Cursor  string
}
