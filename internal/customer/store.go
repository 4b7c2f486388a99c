package customer

import (
	"context"
	"iter"
	"time"
)

// Store keeps customers and what hangs on them, by subject.
//
// Any method may return ErrBusy, ErrFull, the error of its context or another fault of the machinery:
// then nobody knows whether it was done, and it may be repeated. The comments name the other errors.
// Reading changes nothing. What else a repetition does, the comment of the interface or of the method says.
type Store interface {
	Reader
	Writer
	RecordWriter
	PurgeStore
	SettingsStore
	AuditWriter
	Leases
}

// Reader reads what needs no rule. A [Service] hands it out as it is.
type Reader interface {
	// Customer reads one, consistently. ErrNotFound if there is no such root.
	Customer(ctx context.Context, id string) (Customer, error)
	// Customers reads one page of a list. It may lag writes by a moment. ErrCursor if the cursor
	// is of another list, *InvalidError if the search can't be read.
	Customers(ctx context.Context, q Query) (Page, error)
	// Roots reads many customers, consistently; those that don't exist are left out.
	Roots(ctx context.Context, ids []string) ([]Customer, error)
	// EmailOwner finds the customer that has an e-mail address, consistently: its id,
	// ErrNotFound if there is none.
	EmailOwner(ctx context.Context, email string) (id string, err error)
	// Replayed returns a *ReplayError if a change was made before under the key of this one, and
	// nil of a change that has no key.
	Replayed(ctx context.Context, ch Change) error

	// Record reads one, and its customer's root with it. ErrNoRecord if there is none; ErrNotFound,
	// ErrInTrash and ErrPurgeStarted if the customer is gone or hides it.
	Record(ctx context.Context, id string, key Key) (Record, error)
	// Records reads one page of a customer's records. ErrCursor if the cursor is of another list;
	// ErrNotFound, ErrInTrash and ErrPurgeStarted as of Record.
	Records(ctx context.Context, q RecordQuery) (RecordPage, error)
	// Retained reads one page of what a purge kept by law; it is empty where nothing was. ErrCursor.
	Retained(ctx context.Context, q RecordQuery) (RecordPage, error)

	// Entries reads one page of a customer's audit log, newest first; it is empty where nothing
	// was logged. ErrCursor.
	Entries(ctx context.Context, q EntryQuery) (EntryPage, error)
	// Totals counts customers. It lags writes by the change stream.
	Totals(ctx context.Context) (Totals, error)
}

// Writer changes customers. Each method is atomic, and conditional on what the matching Can
// function of [Customer] asks. Refused, it returns that function's error, judged from the state
// that refused it, or ErrNotFound, or ErrVersion for a Change.IfVersion that is not the current one.
//
// A method that is repeated with the same Change.ID after it succeeded succeeds again, and changes
// nothing, as long as the customer remembers the change; see [Recent]. Under a key another change
// is refused with *ReplayError for a day, and ErrUnchanged is noted as a change is: it is returned
// once, and *ReplayError from then on.
type Writer interface {
	// Create adds a customer. ErrExists, *EmailTakenError without the owner's state.
	Create(ctx context.Context, c Customer) error
	// Revise replaces old's profile with revised's. ErrVersion if old is not current,
	// *EmailTakenError without the owner's state; see CanChange.
	Revise(ctx context.Context, old, revised Customer) error
	// Delete moves a customer to the trash and returns it as it is then, also
	// beside ErrUnchanged. See CanDelete.
	Delete(ctx context.Context, id string, d Deletion, s Settings, ch Change) (Customer, error)
	// Restore takes a customer out of the trash. It returns the customer as Delete does; see CanRestore.
	Restore(ctx context.Context, id, generation string, ch Change) (Customer, error)
	// SetBlocked sets or clears the blocked flag. It returns the customer as Delete does; see CanBlock.
	SetBlocked(ctx context.Context, id string, blocked bool, ch Change) (Customer, error)
	// Hold places a legal hold. It returns the customer as Delete does; see CanHold.
	Hold(ctx context.Context, id, hold string, ch Change) (Customer, error)
	// Lift lifts a legal hold. It returns the customer as Delete does; see CanLift.
	Lift(ctx context.Context, id, hold string, ch Change) (Customer, error)
	// Advance makes transitions, each or not, whatever the results of the others are. It returns one
	// result a transition, in order: nil, ErrNotFound, what Transition.Refused says, or a fault of the
	// machinery, after which that transition may be repeated.
	Advance(ctx context.Context, transitions []Transition, s Settings) []error
}

// RecordWriter adds records to customers and removes them. Both methods return ErrNotFound,
// ErrInTrash or ErrPurgeStarted unless the customer is active, and *ReplayError as those of Writer.
// Repeated with the same Change.ID they succeed again, as those of Writer do.
type RecordWriter interface {
	// AddRecords adds up to MaxBatch records to one customer, in one transaction. The results tell of
	// each record: nil, ErrExists or ErrNoParent. With an error none of the others was written.
	AddRecords(ctx context.Context, id string, records []Record, ch Change) (results []error, err error)
	// RemoveRecord removes a record and all below it, for good. ErrNoRecord if there is none. Of more
	// than MaxBatch records some may be gone beside an error: repeated, it goes on with the rest.
	RemoveRecord(ctx context.Context, id string, key Key, ch Change) error
}

// PurgeStore is what purges work with, from finding what is due to removing the root. All of it
// may be repeated, and by several processes at once.
type PurgeStore interface {
	// Trash goes through the trash by purge time, soonest first, up to a time:
	// deleted customers that are due and purges whose lease ran out by then. Held
	// ones and those never due are left out. A zero time means the whole trash. It may
	// lag writes by a moment, and ends with an error if there is one.
	Trash(ctx context.Context, until time.Time) iter.Seq2[Customer, error]
	// Fence closes the way back and returns the customer, also beside ErrUnchanged. ErrNotFound;
	// see CanPurge. It is conditional and repeated as the methods of Writer are.
	Fence(ctx context.Context, id string, f Fence, ch Change) (Customer, error)
	// PutBack puts back a root that TTL removed, as it is given. The lease is that of
	// one being purged. A root that is there again stays as it is, and is no error.
	PutBack(ctx context.Context, c Customer, lease time.Time) error
	// Lease sets when the sweep is to re-drive a purge. ErrNotFound unless the customer is
	// being purged, and by that generation.
	Lease(ctx context.Context, id, generation string, until time.Time) error
	// Erase removes everything that hangs on fenced customers but their roots, and
	// strips and cuts loose what is retained of the kinds that are frozen on them: before a
	// record goes, its copy is there. ErrUnfinished when the context's deadline came first.
	// Repeated, it goes on with what is left.
	Erase(ctx context.Context, customers ...Customer) error
	// Residue counts, consistently, what Erase should have removed. It need not count
	// further than needed to tell that something is left.
	Residue(ctx context.Context, customers ...Customer) (int, error)
	// Remove removes fenced roots. One that is gone already is no error; one that another
	// deletion has put there stays, and is a fault.
	Remove(ctx context.Context, customers ...Customer) error
}

// SettingsStore keeps the settings.
type SettingsStore interface {
	// Settings reads the settings in force, consistently. Before the first change they are zero.
	Settings(ctx context.Context) (Settings, error)
	// PutSettings replaces them, and returns them with their new version. ErrVersion unless
	// s.Version is the current one; so also when it is repeated after it succeeded.
	PutSettings(ctx context.Context, s Settings) (Settings, error)
}

// AuditWriter keeps audit logs and the totals. Neither method has an error of its own.
type AuditWriter interface {
	// Observe logs a change seen in the change stream and counts totals. Repeated for the same
	// Entry.Seq it does nothing.
	Observe(ctx context.Context, e Entry) error
	// Reword passes all reasons in a customer's audit log through a function, and keeps what it
	// returns. With an error some may be reworded. Repeated it changes nothing further, if the
	// function doesn't.
	Reword(ctx context.Context, id string, reword func(reason string) string) error
}

// Leases let one process at a time do something.
type Leases interface {
	// Acquire takes the named lease until a time: ErrLeased while another holder has it.
	// Repeated by its holder it moves the end.
	Acquire(ctx context.Context, name, holder string, now, until time.Time) error
	// Release gives the named lease back. If the holder doesn't have it, as when it is repeated,
	// it does nothing.
	Release(ctx context.Context, name, holder string) error
}

// Ledger keeps certificates, apart from everything that a restored backup could
// bring back. It appends each to a chain, and never changes or removes one. Besides the
// errors that are named, its methods return faults as those of [Store] do.
type Ledger interface {
	LedgerReader
	// Certify adds certificates; those of the same purges may be there already, and
	// stay as they are. Of each purge there is one for ever. With an error some may have been
	// added: repeated, it completes what it began.
	Certify(ctx context.Context, certs ...Certificate) error
}

// LedgerReader reads certificates. A [Service] hands it out as it is.
type LedgerReader interface {
	// Certificate finds the certificate of a customer, the last if a restored backup
	// has made several necessary. ErrNotFound if there is none.
	Certificate(ctx context.Context, id string) (Certificate, error)
	// Certificates reads a page of all, chain by chain and each in order. ErrCursor if the cursor
	// is of another list.
	Certificates(ctx context.Context, q CertificateQuery) (CertificatePage, error)
	// Heads tells how far every chain has come, consistently. An empty ledger has heads, too.
	Heads(ctx context.Context) ([]Head, error)
}

// Queue hands purges to workers, each at least once. Besides ErrBusy its methods return faults of
// the machinery only.
type Queue interface {
	// Enqueue adds jobs. With an error some may have been added. It may be repeated: a worker
	// that gets a job again finds it done.
	Enqueue(ctx context.Context, jobs ...Job) error
	// Backlog estimates how many jobs wait or are being worked on.
	Backlog(ctx context.Context) (int, error)
}

// Job asks a worker to finish the purge of one generation of a customer.
type Job struct {
	Customer   string `json:"customer"`
	Generation string `json:"generation"`
}

// Query asks for a page of a list of customers.
type Query struct {
	State  State  // Active, or Deleted: the trash with those being purged
	Search string // see ParseSearch; empty: all of the list
	Limit  int
	Cursor string // of the page before; empty for the first
}

// Page is a page of a list of customers; these lack counts, holds and last change.
type Page struct {
	Customers []Customer
	Cursor    string // of the next page; empty at the end
}

// RecordQuery asks for a page of one customer's records.
type RecordQuery struct {
	Customer string
	Kind     string // empty: all kinds
	Parent   Key    // empty: all levels of the kind
	Limit    int
	Cursor   string
}

// RecordPage is a page of records, parents before their children. It ends at the limit,
// or with the record that brings it to [MaxPageData].
type RecordPage struct {
	Records []Record
	Cursor  string // of the next page; empty at the end
}

// CertificateQuery asks for a page of the ledger.
type CertificateQuery struct {
	Limit  int
	Cursor string // of the page before; empty for the first
}

// CertificatePage is a page of the ledger.
type CertificatePage struct {
	Certificates []Certificate
	Cursor       string // of the next page; empty at the end
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

// Totals counts customers by where they are.
type Totals struct {
	Active int64
	Trash  int64 // deleted, or being purged
	Purged int64
}
