package customer

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"lethe/internal/backoff"
	"lethe/internal/clock"
)

// Service applies the rules. What needs none it hands out as the store and the ledger have it:
// all reading, and nothing else of them.
type Service struct {
	clock.Clock
	Reader
	LedgerReader

	Log *slog.Logger

	// Defaults are the settings until somebody sets some.
	Defaults Settings
	// SettingsAge is how long a process may go by settings it has read. A change of
	// settings takes as long to answer, so that, answered, it is in force everywhere.
	SettingsAge time.Duration

	customers Writer
	records   RecordWriter
	purges    PurgeStore
	settings  SettingsStore
	audit     AuditWriter
	leases    Leases
	ledger    Ledger
	queue     Queue

	mu     sync.Mutex
	cached Settings
	readAt time.Time
}

// New is a service over a store, a ledger and a queue of purges.
func New(store Store, ledger Ledger, queue Queue, log *slog.Logger) *Service {
	return &Service{
		Reader: store, LedgerReader: ledger, Log: log,
		customers: store, records: store, purges: store, settings: store, audit: store, leases: store,
		ledger: ledger, queue: queue,
	}
}

// PurgeLease is how long a fenced purge is left to the worker it was queued for
// before the sweep queues it again. It exceeds the time limit of a worker.
const PurgeLease = 6 * time.Minute

// leaseInHand is how long a purge is left to a worker that fences it itself, as part of an
// operation: long enough for it, and for another one that takes over should it die. Only then
// does the sweep queue the purge by itself.
func leaseInHand(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return PurgeLease
	}
	left := max(0, time.Until(deadline))
	return 3 * (left + min(left/2, time.Minute))
}

// NewID makes an id that nobody can guess and that tells nothing: 26 characters.
func NewID() string { return strings.ToLower(rand.Text()) }

func (s *Service) stamp(ch Change, action Action) Change {
	if ch.ID == "" {
		ch.ID = NewID()
	}
	ch.At, ch.Action = s.Now(), action
	return ch
}

// explain turns "no such customer" into the certificate of its purge, if there is one.
func (s *Service) explain(ctx context.Context, id string, err error) error {
	if !errors.Is(err, ErrNotFound) {
		return err
	}
	cert, lerr := s.Certificate(ctx, id)
	switch {
	case errors.Is(lerr, ErrNotFound):
		return err
	case lerr != nil:
		return fmt.Errorf("look for a certificate: %w", lerr)
	}
	return &PurgedError{cert}
}

// unchanged takes "it is so already" for the success it is.
func unchanged(err error) error {
	if errors.Is(err, ErrUnchanged) {
		return nil
	}
	return err
}

// Get reads a customer: ErrNotFound, or *PurgedError for one that is gone.
func (s *Service) Get(ctx context.Context, id string) (Customer, error) {
	c, err := s.Customer(ctx, id)
	return c, s.explain(ctx, id, err)
}

// Create adds a customer. An empty id makes one. Besides the errors of Writer.Create
// it returns *InvalidError, and *PurgedError for an id that was used before.
func (s *Service) Create(ctx context.Context, id string, p Profile, ch Change) (Customer, error) {
	p = p.Normalise()
	if err := p.Validate(); err != nil {
		return Customer{}, err
	}
	if id == "" {
		id = NewID()
	} else if err := s.CheckID(ctx, id, ch); err != nil {
		return Customer{}, err
	}
	ch = s.stamp(ch, ActionCreated)
	c := Customer{ID: id, Version: 1, State: Active, Profile: p, Created: ch.At, Counts: map[string]int64{}, Last: ch}
	if err := s.customers.Create(ctx, c); err != nil {
		return Customer{}, s.nameOwner(ctx, err)
	}
	return c, nil
}

// CheckID refuses an id for a new customer, as Create does: an id that some customer had: certificates name ids, and what a
// removed root left behind must not become somebody else's. The root is looked for
// first: it goes last, so that whoever misses it finds the certificate of its purge. One
// that is found is not created over, as it may be gone by the time that is tried.
func (s *Service) CheckID(ctx context.Context, id string, ch Change) error {
	if !ValidID(id) {
		return Invalid("id", IDRule)
	}
	c, err := s.Customer(ctx, id)
	switch {
	case err == nil && c.State == Purging:
		return cmp.Or(s.Replayed(ctx, ch), ErrPurgeStarted)
	case err == nil:
		return cmp.Or(s.Replayed(ctx, ch), ErrExists)
	}
	err = s.explain(ctx, id, err)
	if errors.Is(err, ErrNotFound) {
		err = s.untraced(ctx, id)
	}
	if err != nil {
		return cmp.Or(s.Replayed(ctx, ch), err) // it was created, and is gone since
	}
	return nil
}

// untraced refuses an id whose root TTL has removed, and whose purge has yet to begin: its
// records tell of it or, if it has none, its log does.
func (s *Service) untraced(ctx context.Context, id string) error {
	left, err := s.purges.Residue(ctx, Customer{ID: id})
	if err != nil {
		return err
	}
	log, err := s.Entries(ctx, EntryQuery{Customer: id, Limit: 1})
	if left > 0 || len(log.Entries) > 0 {
		return ErrPurgeStarted
	}
	return err
}

// nameOwner adds to a refused e-mail address what its owner is up to, so that people
// learn the way out.
func (s *Service) nameOwner(ctx context.Context, err error) error {
	var taken *EmailTakenError
	if !errors.As(err, &taken) {
		return err
	}
	owner, oerr := s.Customer(ctx, taken.Owner)
	switch {
	case errors.Is(oerr, ErrNotFound):
		taken.State = Purging
	case oerr != nil:
		return oerr
	default:
		taken.State = owner.StateAt(s.Now())
	}
	return taken
}

// EmailTaken refuses an e-mail address that a customer has: *EmailTakenError, which tells that customer's state.
func (s *Service) EmailTaken(ctx context.Context, owner string) error {
	return s.nameOwner(ctx, &EmailTakenError{Owner: owner})
}

const maxAttempts = 16 // of an update that others are faster with

// The change's id decides the waits, so that a simulation that makes the same changes waits the same.
var betweenUpdates = backoff.Exponential{First: 10 * time.Millisecond, Max: 500 * time.Millisecond}

// Update changes a profile by a function of what it is now; it may be called again
// when somebody else was faster, unless the change is bound to a version. One that somebody
// else always is faster with is ErrBusy.
func (s *Service) Update(ctx context.Context, id string, revise func(Profile) Profile, ch Change) (Customer, error) {
	ch = s.stamp(ch, ActionUpdated)
	for attempt := 1; ; attempt++ {
		c, err := s.update(ctx, id, revise, s.stamp(ch, ActionUpdated))
		switch {
		case !errors.Is(err, ErrVersion) || ch.IfVersion != 0:
			return c, err
		case attempt == maxAttempts:
			return c, ErrBusy
		}
		if err := betweenUpdates.WaitFor(ctx, ch.ID, attempt); err != nil {
			return c, err
		}
	}
}

func (s *Service) update(ctx context.Context, id string, revise func(Profile) Profile, ch Change) (Customer, error) {
	old, err := s.Get(ctx, id)
	if err != nil {
		return old, err
	}
	if err := old.CanChange(); err != nil {
		return old, err
	}
	if ch.IfVersion != 0 && ch.IfVersion != old.Version {
		return old, ErrVersion
	}
	revised := old
	revised.Profile = revise(old.Profile).Normalise()
	if err := revised.Profile.Validate(); err != nil {
		return old, err
	}
	revised.Version, revised.Last = old.Version+1, ch
	revised.Former = old.Former.after(id, old.Profile, revised.Profile)
	if err := s.customers.Revise(ctx, old, revised); err != nil {
		return old, s.nameOwner(ctx, err)
	}
	return revised, nil
}

// Delete moves a customer to the trash, in one write however much hangs on it. One
// that is there already is returned as it is. With a retention of PT0S its purge
// starts at once.
func (s *Service) Delete(ctx context.Context, id string, ch Change) (Customer, error) {
	ch = s.stamp(ch, ActionDeleted)
	settings, err := s.inForce(ctx)
	if err != nil {
		return Customer{}, err
	}
	c, err := s.customers.Delete(ctx, id, deletion(settings, ch), settings, ch)
	if err != nil {
		return c, s.explain(ctx, id, unchanged(err))
	}
	if c.Due(s.Now()) {
		return s.purgeAtOnce(ctx, c, ch)
	}
	return c, nil
}

func deletion(s Settings, ch Change) Deletion {
	return Deletion{
		ID: ch.ID, Time: ch.At, By: ch.By, Reason: ch.Reason, ReasonCode: ch.ReasonCode,
		PurgeTime: s.Retention.After(ch.At),
	}
}

// purgeAtOnce does not undo the deletion when it fails: the sweep will find it due.
func (s *Service) purgeAtOnce(ctx context.Context, c Customer, ch Change) (Customer, error) {
	fenced, err := s.StartPurge(ctx, c.ID, Fence{Generation: c.Deletion.ID, OnlyDue: true}, Change{By: ch.By})
	if err != nil {
		s.Log.WarnContext(ctx, "purge left to the sweep", "customer", c.ID, "error", err)
		return c, nil
	}
	return fenced, nil
}

// Restore takes a customer out of the trash with all that its deletion hid. The
// generation names the deletion to undo; empty means whichever it is.
func (s *Service) Restore(ctx context.Context, id, generation string, ch Change) (Customer, error) {
	c, err := s.customers.Restore(ctx, id, generation, s.stamp(ch, ActionRestored))
	return c, s.explain(ctx, id, unchanged(err))
}

// Block and the three below set and clear what stands beside the state. Asked for
// what is so already, they change nothing.
func (s *Service) Block(ctx context.Context, id string, ch Change) (Customer, error) {
	c, err := s.customers.SetBlocked(ctx, id, true, s.stamp(ch, ActionBlocked))
	return c, s.explain(ctx, id, unchanged(err))
}

// Unblock lets a blocked customer back in. Nothing else does.
func (s *Service) Unblock(ctx context.Context, id string, ch Change) (Customer, error) {
	c, err := s.customers.SetBlocked(ctx, id, false, s.stamp(ch, ActionUnblocked))
	return c, s.explain(ctx, id, unchanged(err))
}

// Hold places a legal hold.
func (s *Service) Hold(ctx context.Context, id, hold string, ch Change) (Customer, error) {
	if !Identifier(hold) {
		return Customer{}, Invalid("hold", "must be up to 64 letters, digits, dots, hyphens and underscores, a letter or digit first")
	}
	ch.Subject = hold
	c, err := s.customers.Hold(ctx, id, hold, s.stamp(ch, ActionHoldPlaced))
	return c, s.explain(ctx, id, unchanged(err))
}

// Lift lifts a legal hold.
func (s *Service) Lift(ctx context.Context, id, hold string, ch Change) (Customer, error) {
	ch.Subject = hold
	c, err := s.customers.Lift(ctx, id, hold, s.stamp(ch, ActionHoldLifted))
	return c, s.explain(ctx, id, unchanged(err))
}

// AddRecords adds records to a customer; see RecordWriter.AddRecords. An invalid record
// makes its result an *InvalidError and is not written.
func (s *Service) AddRecords(ctx context.Context, id string, records []Record, ch Change) ([]error, error) {
	return s.addRecords(ctx, id, records, s.stamp(ch, ActionRecordsAdded))
}

// AddRecord adds one record, and returns it as it was written: beside a *ReplayError as it
// was written then.
func (s *Service) AddRecord(ctx context.Context, id string, r Record, ch Change) (Record, error) {
	ch = s.stamp(ch, ActionRecordsAdded)
	r.Created, r.By = ch.At, ch.By
	results, err := s.addRecords(ctx, id, []Record{r}, ch)
	if err == nil {
		err = results[0]
	}
	var replay *ReplayError
	if errors.As(err, &replay) && !replay.Trace.At.IsZero() {
		r.Created = replay.Trace.At
	}
	return r, err
}

// CheckRecords says of each record whether it is valid by the settings in force: nil or *InvalidError.
func (s *Service) CheckRecords(ctx context.Context, records []Record) ([]error, error) {
	settings, err := s.inForce(ctx)
	if err != nil {
		return nil, err
	}
	results := make([]error, len(records))
	for i, r := range records {
		results[i] = r.Validate(settings)
	}
	return results, nil
}

// addRecords is AddRecords of a change that is stamped.
func (s *Service) addRecords(ctx context.Context, id string, records []Record, ch Change) ([]error, error) {
	results, err := s.CheckRecords(ctx, records)
	if err != nil {
		return nil, err
	}
	var valid []Record
	var index []int
	for i, r := range records {
		r.Created, r.By = ch.At, ch.By
		if results[i] == nil {
			valid, index = append(valid, r), append(index, i)
		}
	}
	if len(valid) == 0 {
		return results, s.Replayed(ctx, ch) // they may have been valid then
	}
	if ch.Subject = fmt.Sprint(len(valid), " records"); len(valid) == 1 {
		ch.Subject = valid[0].Key.String()
	}
	stored, err := s.records.AddRecords(ctx, id, valid, ch)
	for i, e := range stored {
		results[index[i]] = e
	}
	return results, s.explain(ctx, id, err)
}

// RemoveRecord removes a record and all below it, for good: a restore of the
// customer does not bring it back.
func (s *Service) RemoveRecord(ctx context.Context, id string, key Key, ch Change) error {
	ch.Subject = key.String()
	return s.explain(ctx, id, s.records.RemoveRecord(ctx, id, key, s.stamp(ch, ActionRecordsRemoved)))
}
