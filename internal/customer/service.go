package customer

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"lethe/internal/audit"
	"lethe/internal/backoff"
	"lethe/internal/clock"
	"lethe/internal/inforce"
)

// Service applies the rules. Reading needs no rules: a Service has the reading methods of its store and
// its ledger unchanged.
type Service struct {
	clock.Clock
	Reader
	LedgerReader

	Audit *audit.Log // of what changes no customer
	Log   *slog.Logger

	// Defaults are the settings in force before the first change of settings.
	Defaults Settings
	// SettingsAge is how long a process may use settings that it has read. A change of settings
	// takes this long, so that it is in force in every process when it returns.
	SettingsAge time.Duration

	customers Writer
	records   RecordWriter
	purges    PurgeStore
	settings  SettingsStore
	audit     AuditWriter
	leases    Leases
	ledger    Ledger
	queue     Queue

	inForce inforce.Value[Settings]
}

// New returns a service over a store, a ledger and a queue of purges.
func New(store Store, ledger Ledger, queue Queue, log *slog.Logger) *Service {
	return &Service{
		Reader: store, LedgerReader: ledger, Audit: audit.NewLog(store), Log: log,
		customers: store, records: store, purges: store, settings: store, audit: store, leases: store,
		ledger: ledger, queue: queue,
	}
}

// PurgeLease is how long a fenced purge is left to the queue and its worker before the sweep queues it
// again. It is longer than the time limit of a worker.
const PurgeLease = 6 * time.Minute

// StreamLife is how long a change stream keeps its records: a change may be delivered again, and late, for a day.
const StreamLife = 24 * time.Hour

// MinPurgeGrace is how long after its lease the root of a purge stays at least, before TTL may remove it. It is longer than
// StreamLife: when TTL has removed a root past the fence, no record can come again
// that shows it before the fence. Such a record would start the purge once more, by the policies of a later time.
const MinPurgeGrace = 2 * StreamLife

// operationLease returns how long a purge is left to the worker of an operation, which fences and purges
// in one go. It is long enough for that worker and, if it dies, for another one that takes over. Only
// after that the sweep queues the purge.
func operationLease(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return PurgeLease
	}
	left := max(0, time.Until(deadline))
	return 3 * (left + min(left/2, time.Minute))
}

// NewID returns a random id of 26 characters that can't be guessed.
func NewID() string { return strings.ToLower(rand.Text()) }

// stamp returns a change with its time and action, and with an id if it has none.
func (s *Service) stamp(ch Change, action Action) Change {
	if ch.ID == "" {
		ch.ID = NewID()
	}
	ch.At, ch.Action = s.Now(), action
	return ch
}

// explain replaces ErrNotFound by *PurgedError if the customer has a certificate.
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

// ignoreUnchanged returns nil for ErrUnchanged: the customer is as requested.
func ignoreUnchanged(err error) error {
	if errors.Is(err, ErrUnchanged) {
		return nil
	}
	return err
}

// Get reads a customer, consistently. Errors: ErrNotFound, or *PurgedError for a purged customer.
func (s *Service) Get(ctx context.Context, id string) (Customer, error) {
	c, err := s.Customer(ctx, id)
	return c, s.explain(ctx, id, err)
}

// Create adds a customer. If id is empty, Create makes one. Besides the errors of Writer.Create it
// returns those of CheckID, and *InvalidError for the profile.
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
		return Customer{}, s.addOwnerState(ctx, err)
	}
	return c, nil
}

// CheckID refuses an id for a new customer if it is invalid or if any customer has or had it:
// certificates name ids, and the items of a customer without a root must not become those of another
// one. Errors: *InvalidError, ErrExists, ErrPurgeStarted, *PurgedError, and *ReplayError if the change
// was made before under its key.
//
// It reads the root before the certificate. A purge removes the root last, so if the root is missing,
// the certificate is there.
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
		err = s.checkNoItems(ctx, id)
	}
	if err != nil {
		return cmp.Or(s.Replayed(ctx, ch), err) // this change created the customer, which is gone now
	}
	return nil
}

// checkNoItems refuses an id without a root and a certificate if items with that id exist. They belong
// to a customer that TTL has removed: its purge will begin.
func (s *Service) checkNoItems(ctx context.Context, id string) error {
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

// addOwnerState adds the state of the owner to an *EmailTakenError. People see from it what they can
// do, such as to restore a deleted owner.
func (s *Service) addOwnerState(ctx context.Context, err error) error {
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

// EmailTaken returns the *EmailTakenError for an address of the given owner, with the owner's state.
func (s *Service) EmailTaken(ctx context.Context, owner string) error {
	return s.addOwnerState(ctx, &EmailTakenError{Owner: owner})
}

const maxAttempts = 16 // of an update, each refused because another change came first

// updateBackoff spaces the attempts. The change's id decides the waits, so that a simulation is repeatable.
var updateBackoff = backoff.Exponential{First: 10 * time.Millisecond, Max: 500 * time.Millisecond}

// Update changes a profile to what revise returns for the current one. If another change comes first,
// Update calls revise again, unless the change has an IfVersion: then it returns ErrVersion. After 16
// attempts it returns ErrBusy. Other errors: ErrNotFound, *PurgedError, ErrInTrash, ErrPurgeStarted,
// *InvalidError, *EmailTakenError and *ReplayError.
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
		if err := updateBackoff.WaitFor(ctx, ch.ID, attempt); err != nil {
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
		return old, s.addOwnerState(ctx, err)
	}
	return revised, nil
}

// Delete moves a customer to the trash in one write, however many records it has. A customer that is in
// the trash is returned unchanged. With a retention of PT0S its purge starts at once. For the other
// errors see Customer.CanDelete.
func (s *Service) Delete(ctx context.Context, id string, ch Change) (Customer, error) {
	settings, err := s.InForce(ctx)
	if err != nil {
		return Customer{}, err
	}
	return s.DeleteUnder(ctx, id, settings, ch)
}

// DeleteUnder is like Delete, under settings in force that the caller has read by InForce.
func (s *Service) DeleteUnder(ctx context.Context, id string, settings Settings, ch Change) (Customer, error) {
	ch = s.stamp(ch, ActionDeleted)
	c, err := s.customers.Delete(ctx, id, deletion(settings, ch), settings, ch)
	if err != nil {
		return c, s.explain(ctx, id, ignoreUnchanged(err))
	}
	if c.Due(s.Now()) {
		return s.purgeAtOnce(ctx, c, ch)
	}
	return c, nil
}

func deletion(s Settings, ch Change) Deletion {
	return Deletion{
		ID: ch.ID, Time: ch.At, By: ch.By, ApprovedBy: ch.ApprovedBy, Reason: ch.Reason, ReasonCode: ch.ReasonCode,
		PurgeTime: s.Retention.After(ch.At),
	}
}

// purgeAtOnce starts the purge of a deleted customer. If that fails, the customer stays in the trash,
// and the next sweep starts its purge.
func (s *Service) purgeAtOnce(ctx context.Context, c Customer, ch Change) (Customer, error) {
	fenced, err := s.StartPurge(ctx, c.ID, Fence{Generation: c.Deletion.ID, OnlyDue: true}, Change{By: ch.By})
	if err != nil {
		s.Log.WarnContext(ctx, "start of a purge failed, the sweep will start it", "customer", c.ID, "error", err)
		return c, nil
	}
	return fenced, nil
}

// Restore takes a customer out of the trash, with its records. The generation is the id of the deletion
// to undo; empty means the current one. For the errors see Customer.CanRestore.
func (s *Service) Restore(ctx context.Context, id, generation string, ch Change) (Customer, error) {
	c, err := s.customers.Restore(ctx, id, generation, s.stamp(ch, ActionRestored))
	return c, s.explain(ctx, id, ignoreUnchanged(err))
}

// Block sets the blocked flag. Like Unblock, Hold and Lift it leaves a customer that already is as
// requested unchanged.
func (s *Service) Block(ctx context.Context, id string, ch Change) (Customer, error) {
	c, err := s.customers.SetBlocked(ctx, id, true, s.stamp(ch, ActionBlocked))
	return c, s.explain(ctx, id, ignoreUnchanged(err))
}

// Unblock clears the blocked flag. Nothing else does, not even a restore.
func (s *Service) Unblock(ctx context.Context, id string, ch Change) (Customer, error) {
	c, err := s.customers.SetBlocked(ctx, id, false, s.stamp(ch, ActionUnblocked))
	return c, s.explain(ctx, id, ignoreUnchanged(err))
}

// Hold places a legal hold.
func (s *Service) Hold(ctx context.Context, id, hold string, ch Change) (Customer, error) {
	if !Identifier(hold) {
		return Customer{}, Invalid("hold", "must be up to 64 letters, digits, dots, hyphens and underscores, a letter or digit first")
	}
	ch.Subject = hold
	c, err := s.customers.Hold(ctx, id, hold, s.stamp(ch, ActionHoldPlaced))
	return c, s.explain(ctx, id, ignoreUnchanged(err))
}

// Lift lifts a legal hold.
func (s *Service) Lift(ctx context.Context, id, hold string, ch Change) (Customer, error) {
	ch.Subject = hold
	c, err := s.customers.Lift(ctx, id, hold, s.stamp(ch, ActionHoldLifted))
	return c, s.explain(ctx, id, ignoreUnchanged(err))
}

// AddRecords adds records to a customer; see RecordWriter.AddRecords. It does not write invalid
// records; their results are *InvalidError.
func (s *Service) AddRecords(ctx context.Context, id string, records []Record, ch Change) ([]error, error) {
	return s.addRecords(ctx, id, records, s.stamp(ch, ActionRecordsAdded))
}

// AddRecord adds one record and returns it as it was written. With a *ReplayError it returns the record
// with the time at which it was written before.
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

// CheckRecords checks each record against the settings in force. Each result is nil or *InvalidError.
func (s *Service) CheckRecords(ctx context.Context, records []Record) ([]error, error) {
	settings, err := s.InForce(ctx)
	if err != nil {
		return nil, err
	}
	results := make([]error, len(records))
	for i, r := range records {
		results[i] = r.Validate(settings)
	}
	return results, nil
}

// addRecords is AddRecords for a change that has been stamped.
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
		return results, s.Replayed(ctx, ch) // under the settings of then they may have been valid
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

// RemoveRecord removes a record and all below it for good; restoring the customer does not bring them
// back.
func (s *Service) RemoveRecord(ctx context.Context, id string, key Key, ch Change) error {
	ch.Subject = key.String()
	return s.explain(ctx, id, s.records.RemoveRecord(ctx, id, key, s.stamp(ch, ActionRecordsRemoved)))
}
