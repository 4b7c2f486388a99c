package imports

import (
	"context"
	"time"

	"lethe/internal/customer"
)

// CustomerService is what an import of customers needs of the rules; [customer.Service] has it. The methods that
// read may be repeated. An error that a method's comment does not name, such as customer.ErrBusy, is a fault of the store: the
// import stops, and its result says where to continue.
type CustomerService interface {
	// Now is the time by which the rules decide.
	Now() time.Time
	// Get reads a customer, consistently: customer.ErrNotFound, or *customer.PurgedError for one that is gone for good.
	Get(ctx context.Context, id string) (customer.Customer, error)
	// EmailOwner finds the customer that has a normalised e-mail address, consistently: customer.ErrNotFound if there is none.
	EmailOwner(ctx context.Context, email string) (id string, err error)
	// EmailTaken refuses an e-mail address that a customer has: *customer.EmailTakenError, which tells that customer's state.
	EmailTaken(ctx context.Context, owner string) error
	// Replayed returns a *customer.ReplayError if a change was made before under the key of this one.
	Replayed(ctx context.Context, ch customer.Change) error
	// CheckID refuses an id for a new customer as Create does: *customer.InvalidError, customer.ErrExists,
	// customer.ErrPurgeStarted, *customer.PurgedError, *customer.ReplayError.
	CheckID(ctx context.Context, id string, ch customer.Change) error
	// Create adds a customer; an empty id makes one. It returns *customer.InvalidError, *customer.EmailTakenError, and the
	// errors of CheckID. Repeated, it is refused: with an id by customer.ErrExists, under a key by *customer.ReplayError.
	Create(ctx context.Context, id string, p customer.Profile, ch customer.Change) (customer.Customer, error)
	// Update changes a profile by a function of what it is, which may be called more than once: customer.ErrNotFound,
	// *customer.PurgedError, customer.ErrInTrash, customer.ErrPurgeStarted, *customer.InvalidError, *customer.EmailTakenError.
	// Repeated with a function that sets values, it sets the same ones.
	Update(ctx context.Context, id string, revise func(customer.Profile) customer.Profile, ch customer.Change) (customer.Customer, error)
}

// RecordService is what an import of records needs of the rules; see [CustomerService].
type RecordService interface {
	// Get reads a customer, consistently: customer.ErrNotFound, or *customer.PurgedError for one that is gone for good.
	Get(ctx context.Context, id string) (customer.Customer, error)
	// Record reads a record, consistently: customer.ErrNoRecord, customer.ErrNotFound, customer.ErrInTrash, customer.ErrPurgeStarted.
	Record(ctx context.Context, id string, key customer.Key) (customer.Record, error)
	// CheckRecords says of each record whether it is valid by the settings in force: nil or *customer.InvalidError.
	CheckRecords(ctx context.Context, records []customer.Record) ([]error, error)
	// AddRecords adds up to customer.MaxBatch records to a customer. The results tell of each record: nil, customer.ErrExists,
	// customer.ErrNoParent or *customer.InvalidError. The error says that none of the others was written: customer.ErrNotFound,
	// *customer.PurgedError, customer.ErrInTrash, customer.ErrPurgeStarted. Repeated, it finds those written by customer.ErrExists.
	AddRecords(ctx context.Context, id string, records []customer.Record, ch customer.Change) (results []error, err error)
}

var (
	_ CustomerService = (*customer.Service)(nil)
	_ RecordService   = (*customer.Service)(nil)
)
