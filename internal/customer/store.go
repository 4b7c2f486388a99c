package customer

import (
	"context"
	"iter"
	"time"
)

// Store keeps customers and what hangs on them, by subject. Each writing method is atomic, and
// conditional on what the matching Can function of [Customer] asks; refused, it
// returns that function's error, judged from the state that refused it. A method
// that is retried with the same Change.ID after it succeeded succeeds again, and changes
// nothing, as long as the customer remembers the change; see [Recent]. Under a key, ErrUnchanged
// is noted as a change is: it is told then, and by *ReplayError from then on.
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
	// Customers reads one page of a list. It may lag writes by a moment.
	Customers(ctx context.Context, q Query) (Page, error)
	// Roots reads many customers, consistently; those that don't exist are left out.
	Roots(ctx context.Context, ids []string) ([]Customer, error)
	// EmailOwner finds the customer that has an e-mail address, consistently: its id,
	// ErrNotFound if there is none.
	EmailOwner(ctx context.Context, email string) (id string, err error)
	// Replayed returns a *ReplayError if a change was made before under the key of this one.
	Replayed(ctx context.Context, ch Change) error

	// Record reads one, and its customer's root with it: ErrInTrash hides it.
	Record(ctx context.Context, id string, key Key) (Record, error)
	// Records reads one page of a customer's records; see Record.
	Records(ctx context.Context, q RecordQuery) (RecordPage, error)
	// Retained reads what a purge kept by law.
	Retained(ctx context.Context, q RecordQuery) (RecordPage, error)

	// Entries reads one page of a customer's audit log, newest first.
	Entries(ctx context.Context, q EntryQuery) (EntryPage, error)
	// Totals counts customers. It lags writes by the change stream.
	Totals(ctx context.Context) (Totals, error)
}

// Writer changes customers.
type Writer interface {
	// Create adds a customer: ErrExists, *EmailTakenError, *ReplayError.
	Create(ctx context.Context, c Customer) error
	// Revise replaces old's profile with revised's: ErrVersion if old is not current.
	Revise(ctx context.Context, old, revised Customer) error
	// Delete moves a customer to the trash and returns it as it is then, also
	// beside ErrUnchanged.
	Delete(ctx context.Context, id string, d Deletion, s Settings, ch Change) (Customer, error)
	// Restore takes a customer out of the trash; see Delete.
	Restore(ctx context.Context, id, generation string, ch Change) (Customer, error)
	// SetBlocked sets or clears the blocked flag; see Delete.
	SetBlocked(ctx context.Context, id string, blocked bool, ch Change) (Customer, error)
	// Hold places a legal hold; see Delete.
	Hold(ctx context.Context, id, hold string, ch Change) (Customer, error)
	// Lift lifts a legal hold; see Delete.
	Lift(ctx context.Context, id, hold string, ch Change) (Customer, error)
	// Advance makes transitions, each or not, whatever becomes of the others. The results
	// are of the transitions: nil, what Transition.Refused says, or a fault of the machinery.
	Advance(ctx context.Context, transitions []Transition, s Settings) []error
}

// RecordWriter adds records to customers and removes them.
type RecordWriter interface {
	// AddRecords adds up to MaxBatch records to one customer. The results tell of each record: nil,
	// ErrExists or ErrNoParent. The error tells that none of the others was written.
	AddRecords(ctx context.Context, id string, records []Record, ch Change) (results []error, err error)
	// RemoveRecord removes a record and all below it, for good.
	RemoveRecord(ctx context.Context, id string, key Key, ch Change) error
}

// PurgeStore is what purges work with, from finding what is due to removing the root.
type PurgeStore interface {
	// Trash goes through the trash by purge time, soonest first, up to a time:
	// deleted customers that are due and purges whose lease ran out by then. Held
	// ones and those never due are left out. A zero time means the whole trash.
	Trash(ctx context.Context, until time.Time) iter.Seq2[Customer, error]
	// Fence closes the way back and returns the customer; see Writer.Delete.
	Fence(ctx context.Context, id string, f Fence, ch Change) (Customer, error)
	// PutBack puts back a root that TTL removed, as it is given. The lease is that of
	// one being purged. A root that is there again stays as it is.
	PutBack(ctx context.Context, c Customer, lease time.Time) error
	// Lease sets when the sweep is to re-drive a purge.
	Lease(ctx context.Context, id, generation string, until time.Time) error
	// Erase removes everything that hangs on fenced customers but their roots, and
	// strips and cuts loose what is retained of the kinds that are frozen on them: before a
	// record goes, its copy is there. ErrUnfinished when the context's deadline came first;
	// what was erased by then is not looked at again.
	Erase(ctx context.Context, customers ...Customer) error
	// Residue counts, consistently, what Erase should have removed.
	Residue(ctx context.Context, customers ...Customer) (int, error)
	// Remove removes fenced roots. One that is gone already is no error.
	Remove(ctx context.Context, customers ...Customer) error
}

// SettingsStore keeps the settings.
type SettingsStore interface {
	// Settings reads the settings in force, consistently.
	Settings(ctx context.Context) (Settings, error)
	// PutSettings replaces them: ErrVersion unless s.Version is the current one.
	PutSettings(ctx context.Context, s Settings) (Settings, error)
}

// AuditWriter keeps audit logs and the totals.
type AuditWriter interface {
	// Observe logs changes seen in the change stream and counts totals; repeats do
	// nothing.
	Observe(ctx context.Context, e Entry) error
	// Reword passes all reasons in a customer's audit log through a function, and keeps what it
	// returns. Done again it changes nothing further, if the function doesn't.
	Reword(ctx context.Context, id string, reword func(reason string) string) error
}

// Leases let one process at a time do something.
type Leases interface {
	// Acquire takes the named lease until a time: ErrLeased while another has it.
	Acquire(ctx context.Context, name, holder string, now, until time.Time) error
	// Yield gives the named lease back, if the holder still has it.
	Yield(ctx context.Context, name, holder string) error
}

// Ledger keeps certificates, apart from everything that a restored backup could
// bring back. It appends each to a chain, and never changes or removes one.
type Ledger interface {
	LedgerReader
	// Certify adds certificates; those of the same purges may be there already, and
	// stay as they are. Of each purge there is one for ever.
	Certify(ctx context.Context, certs ...Certificate) error
}

// LedgerReader reads certificates. A [Service] hands it out as it is.
type LedgerReader interface {
	// Certificate finds the certificate of a customer, the last if a restored backup
	// has made several necessary: ErrNotFound.
	Certificate(ctx context.Context, id string) (Certificate, error)
	// Certificates reads a page of all, chain by chain and each in order: ErrCursor.
	Certificates(ctx context.Context, q CertificateQuery) (CertificatePage, error)
	// Heads tells how far every chain has come, consistently.
	Heads(ctx context.Context) ([]Head, error)
}

// Queue hands purges to workers, each at least once.
type Queue interface {
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
