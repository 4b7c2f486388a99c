package imports

import (
	"context"
	"time"

	"lethe/internal/customer"
)

// CustomerService has the methods of [customer.Service] that an import of customers calls. Those that read may be repeated.
// An error that a method's comment does not name, such as customer.ErrBusy, is a fault of the store: the import stops, and its
// result says where to continue.
type CustomerService interface {
	// Now returns the time that the rules use.
	Now() time.Time
	// Get reads a customer, consistently: customer.ErrNotFound, or *customer.PurgedError for one that is gone for good.
	Get(ctx context.Context, id string) (customer.Customer, error)
	// EmailOwner returns the customer that has a normalised e-mail address, consistently. customer.ErrNotFound if no customer
	// has it.
	EmailOwner(ctx context.Context, email string) (id string, err error)
	// EmailTaken returns the *customer.EmailTakenError for an e-mail address of the given owner, with the owner's state.
	EmailTaken(ctx context.Context, owner string) error
	// Replayed returns a *customer.ReplayError if a change was made before under the key of this one.
	Replayed(ctx context.Context, ch customer.Change) error
	// CheckID returns the error that Create would have for an id: *customer.InvalidError, customer.ErrExists,
	// customer.ErrPurgeStarted, *customer.PurgedError, *customer.ReplayError.
	CheckID(ctx context.Context, id string, ch customer.Change) error
	// Create adds a customer; if id is empty, it makes one. It returns *customer.InvalidError, *customer.EmailTakenError, and
	// the errors of CheckID. A repeated call returns customer.ErrExists or, for a change with a key, *customer.ReplayError.
	Create(ctx context.Context, id string, p customer.Profile, ch customer.Change) (customer.Customer, error)
	// Update changes a profile to what revise returns for the current one. It may call revise more than once. Errors:
	// customer.ErrNotFound, *customer.PurgedError, customer.ErrInTrash, customer.ErrPurgeStarted, *customer.InvalidError,
	// *customer.EmailTakenError. A repeated call has the same effect if revise sets fixed values.
	Update(ctx context.Context, id string, revise func(customer.Profile) customer.Profile, ch customer.Change) (customer.Customer, error)
}

// RecordService has the methods of [customer.Service] that an import of records calls; see [CustomerService].
type RecordService interface {
	// Get reads a customer, consistently: customer.ErrNotFound, or *customer.PurgedError for one that is gone for good.
	Get(ctx context.Context, id string) (customer.Customer, error)
	// Record reads a record, consistently: customer.ErrNoRecord, customer.ErrNotFound, customer.ErrInTrash, customer.ErrPurgeStarted.
	Record(ctx context.Context, id string, key customer.Key) (customer.Record, error)
	// CheckRecords checks each record against the settings in force. Each result is nil or *customer.InvalidError.
	CheckRecords(ctx context.Context, records []customer.Record) ([]error, error)
	// AddRecords adds up to customer.MaxBatch records to a customer. The result of each record is nil, customer.ErrExists,
	// customer.ErrNoParent or *customer.InvalidError. If err is not nil, no record was added: customer.ErrNotFound,
	// *customer.PurgedError, customer.ErrInTrash, customer.ErrPurgeStarted. A repeated call returns customer.ErrExists for the
	// records that were added.
	AddRecords(ctx context.Context, id string, records []customer.Record, ch customer.Change) (results []error, err error)
}

var (
	_ CustomerService = (*customer.Service)(nil)
	_ RecordService   = (*customer.Service)(nil)
)
