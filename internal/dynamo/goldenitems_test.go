package dynamo_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"lethe/internal/admin"
	"lethe/internal/audit"
	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/dynamo"
	"lethe/internal/dynamo/dynamotest"
)

// goldenTime is so late that no engine expires an item.
var goldenTime = time.Date(2040, 1, 2, 3, 4, 5, 678e6, time.UTC)

func goldenChange(n int, a customer.Action) customer.Change {
	return customer.Change{
		ID: "change " + string(rune('a'+n)), At: goldenTime.Add(time.Duration(n) * time.Minute), By: "admin", Action: a,
		Reason: "a test", ReasonCode: customer.TestData, Subject: "what it is about",
	}
}

func goldenCustomer(id string, n int) customer.Customer {
	ch := goldenChange(n, customer.ActionCreated)
	return customer.Customer{
		ID: id, Version: 1, State: customer.Active, Created: ch.At, Counts: map[string]int64{}, Last: ch,
		Profile: customer.Profile{
			Organisation: "Alfreds Futterkiste", FirstName: "Maria", LastName: "Anders", Email: id + "@bücher.example",
			Phone: "+49 30 0074321", Push: true, Consents: map[string]bool{"newsletter": true},
		},
	}
}

// writeItems writes items of every type, always the same.
func writeItems(t *testing.T, tables dynamotest.Tables) {
	t.Helper()
	table, certificates := tables.Open(tables.Config)
	for _, write := range []func(context.Context, *dynamo.Table) error{
		writeSettings, writeRules, writeActive, writeDeleted, writePurging, writePlanning, writeRunning,
	} {
		if err := write(t.Context(), table); err != nil {
			t.Fatal(err)
		}
	}
	if err := certificates.Certify(t.Context(), goldenCertificate()); err != nil {
		t.Fatal(err)
	}
}

func goldenCertificate() customer.Certificate {
	return customer.Certificate{
		Customer: "zoe", DeletionID: "of zoe", DeletedAt: goldenTime, DeletedBy: "admin", DeletionApprovedBy: "a second", ApprovedBy: "another second", PurgedAt: goldenTime.Add(time.Hour), PurgedBy: "schedule",
		Policies: map[string]string{"ticket": string(customer.Cascade), "invoice": string(customer.Retain)},
		Erased:   map[string]int64{"ticket": 3}, Retained: map[string]int64{"invoice": 1},
	}
}

// goldenSiteEntry returns an entry with all fields set that an entry may have that is about no customer.
func goldenSiteEntry() audit.Entry {
	return audit.Entry{
		ID: "a change of settings", Time: goldenTime, By: "admin", ApprovedBy: "approver", Action: audit.SettingsChanged, Operation: "running",
		ReasonCode: "other", Subject: "what it is about", Fields: []string{"retention", "kinds.invoice"}, RequestID: "a request",
	}
}

func writeSettings(ctx context.Context, table *dynamo.Table) error {
	s := policies
	s.Changed = customer.Changed{At: goldenTime, By: "admin"}
	_, err := table.PutSettings(ctx, s, goldenSiteEntry())
	logged := customer.Entry{
		Customer: "ann", Seq: "000000000000000000001", At: goldenTime.Add(20 * time.Minute), By: "admin", ApprovedBy: "a second", Action: customer.ActionUpdated,
		Reason: "a test", ReasonCode: customer.TestData, Subject: "ticket~1", Fields: []string{"email"},
		Delta: customer.Totals{Active: 3, Trash: 2, Purged: 1}, Moved: customer.Moves{Added: 4, Deleted: 3, Restored: 2, Purged: 1},
	}
	return errors.Join(err,
		table.Acquire(ctx, "sweep", "a worker", goldenTime, goldenTime.Add(time.Minute)),
		observe(ctx, table, logged))
}

func writeRules(ctx context.Context, table *dynamo.Table) error {
	_, err := table.PutRules(ctx, goldenRules(), audit.Entry{ID: "rules", Time: goldenTime.Add(2 * day), By: "admin", Action: audit.AccessChanged})
	return err
}

func goldenRules() admin.Rules {
	return admin.Rules{
		Groups: []admin.Grant{
			{Group: "privacy", Permissions: []admin.Permission{admin.CustomersRead, admin.Purge}},
			{Group: "retired"},
		},
		FourEyes:  admin.FourEyes{DeleteAbove: new(100), Purges: true},
		Suspended: []admin.Suspension{{Subject: "leaver", Since: goldenTime, By: "admin"}},
		Proposal: &admin.Proposal{
			Groups: []admin.Grant{{Group: "privacy", Permissions: []admin.Permission{admin.Approve}}}, FourEyes: admin.FourEyes{DeleteAbove: new(200)},
			At: goldenTime, By: "admin",
		},
		Changed: admin.Changed{At: goldenTime, By: "admin"},
	}
}

// writeActive makes a customer with all marks of recent changes in use.
func writeActive(ctx context.Context, table *dynamo.Table) error {
	c := goldenCustomer("ann", 0)
	created := table.Create(ctx, c)
	old, err := table.Customer(ctx, c.ID)
	revised := old
	revised.Version, revised.Last = old.Version+1, goldenChange(1, customer.ActionUpdated)
	revised.Former = customer.Former{1, 2, 3}
	revisedErr := table.Revise(ctx, old, revised)
	added, addedErr := table.AddRecords(ctx, c.ID, records("ticket~1", "ticket~1~line~2"), goldenChange(2, customer.ActionRecordsAdded))
	_, blockedErr := table.SetBlocked(ctx, c.ID, true, goldenChange(3, customer.ActionBlocked))
	held := goldenChange(4, customer.ActionHoldPlaced)
	held.Once = &customer.Once{Key: "key of a hold", Fingerprint: "of its request"}
	_, heldErr := table.Hold(ctx, c.ID, "audit", held)
	now, readErr := table.Customer(ctx, c.ID)
	unblocked := customer.NewTransition(now.Seen(), goldenChange(5, customer.ActionUnblocked), customer.UnblockEffect{})
	many := table.Advance(ctx, []customer.Transition{unblocked}, policies)
	_, holdErr := table.Hold(ctx, c.ID, "lawsuit", goldenChange(6, customer.ActionHoldPlaced))
	_, againErr := table.SetBlocked(ctx, c.ID, true, goldenChange(7, customer.ActionBlocked))
	_, liftErr := table.Lift(ctx, c.ID, "lawsuit", goldenChange(8, customer.ActionHoldLifted))
	return errors.Join(created, err, revisedErr, errors.Join(added...), addedErr, blockedErr, heldErr, readErr,
		errors.Join(many...), holdErr, againErr, liftErr)
}

func writeDeleted(ctx context.Context, table *dynamo.Table) error {
	return trashGolden(ctx, table, "cas", "key of a deletion", 9, "ticket~1")
}

func writePurging(ctx context.Context, table *dynamo.Table) error {
	if err := trashGolden(ctx, table, "bob", "another key", 12, "invoice~10248", "ticket~1"); err != nil {
		return err
	}
	fence := customer.Fence{Lease: goldenTime.Add(time.Hour), Frozen: policies.Freeze()}
	approved := goldenChange(15, customer.ActionPurgeStarted)
	approved.ApprovedBy = "another second"
	c, err := table.Fence(ctx, "bob", fence, approved)
	return errors.Join(err, table.Erase(ctx, c))
}

func trashGolden(ctx context.Context, table *dynamo.Table, id, key string, n int, keys ...string) error {
	created := table.Create(ctx, goldenCustomer(id, n))
	added, err := table.AddRecords(ctx, id, records(keys...), goldenChange(n+1, customer.ActionRecordsAdded))
	ch := goldenChange(n+2, customer.ActionDeleted)
	ch.Once = &customer.Once{Key: key, Fingerprint: "of its request"}
	d := deletionBy(ch, policies.Retention)
	d.ReasonCode, d.ApprovedBy = ch.ReasonCode, "a second"
	_, deleted := table.Delete(ctx, id, d, policies, ch)
	return errors.Join(created, errors.Join(added...), err, deleted)
}

func writePlanning(ctx context.Context, table *dynamo.Table) error {
	op := bulk.Operation{ID: "planning", Action: "restore", By: "admin", State: bulk.Planning, Version: 1, Created: goldenTime, Digest: "of nothing yet"}
	return table.Operations().Create(ctx, op, []byte(`{"ids":["ann"]}`))
}

// goldenOperation returns an operation with all fields set.
func goldenOperation() bulk.Operation {
	at := func(hours int) time.Time { return goldenTime.Add(time.Duration(hours) * time.Hour) }
	used := bulk.Usage{Requests: 7, WriteUnits: 10.5, ReadUnits: 2.5}
	return bulk.Operation{
		ID: "running", Action: "delete", Params: []byte(`{"notice":"P1D"}`), Basis: []byte(`{"retention":"P30D"}`), By: "planner",
		ReasonCode: "test", Reason: "a test", Fingerprint: "of its request",
		State: bulk.Running, Version: 2, Created: at(0), Planned: at(1), Expires: at(25), Applied: at(2), Ended: at(3), Why: "nothing",
		Requested: at(1), RequestedBy: "requester", AppliedBy: "requester", ApprovedBy: "approver", CancelledBy: "canceller", Retried: at(4), RetriedBy: "retrier", OnRefused: bulk.Skip,
		Position: "250", Chunks: 3, Digest: "of the plan",
		Impact: bulk.Impact{
			Subjects: 6, Eligible: 5, Refused: map[string]int{"ON_HOLD": 1}, Counts: map[string]int64{"ticket": 4}, Weight: 9, Extra: 3, Estimate: used,
		},
		Tally: bulk.Tally{Done: 2, Skipped: 1, Failed: 1, Left: 2, Codes: map[string]int{"ON_HOLD": 1, "GAVE_UP": 1}, Usage: used},
	}
}

// writeRunning writes an operation with a chunk that a worker has, one that has ended, and one with saved progress
// and no lease.
func writeRunning(ctx context.Context, table *dynamo.Table) error {
	o, op := table.Operations(), goldenOperation()
	planned := op
	planned.State, planned.Version = bulk.Planning, 1
	created := o.Create(ctx, planned, []byte("all"))
	chunks := make([]bulk.Chunk, op.Chunks)
	for i := range chunks {
		chunks[i] = bulk.Chunk{
			Seq: i, Subjects: []bulk.Subject{{ID: "ann", Bind: "3 1 true "}, {ID: "bob", Refused: "ON_HOLD"}},
			Outcomes: []bulk.Outcome{{}, {Result: bulk.OutcomeSkipped, Code: "ON_HOLD"}},
		}
	}
	frozen := o.Freeze(ctx, op, chunks)
	until := goldenTime.Add(time.Minute)
	_, takenErr := o.Take(ctx, op, 0, goldenTime, until)
	ended, endedErr := o.Take(ctx, op, 1, goldenTime, until)
	ended.Outcomes[0] = bulk.Outcome{Result: bulk.OutcomeDone}
	kept, keptErr := o.Take(ctx, op, 2, goldenTime, until)
	kept.Outcomes[0], kept.Faults, kept.Usage = bulk.Outcome{Code: bulk.Interrupted}, 2, bulk.Usage{Requests: 3, WriteUnits: 1.5, ReadUnits: 0.5}
	return errors.Join(created, frozen, takenErr, endedErr, keptErr, o.Finish(ctx, op, ended), o.Keep(ctx, op, kept),
		o.SaveSweepMark(ctx, op.ID, bulk.SweepMark{At: goldenTime, Seen: "running 1f", Times: 2}))
}

// readItems reads what writeItems has written, as values of the domain.
func readItems(t *testing.T, tables dynamotest.Tables) map[string]any {
	t.Helper()
	ctx := t.Context()
	table, certificates := tables.Open(tables.Config)
	o, op := table.Operations(), goldenOperation()
	read := map[string]any{}
	for what, reading := range map[string]func() (any, error){
		"active customer":  func() (any, error) { return table.Customer(ctx, "ann") },
		"deleted customer": func() (any, error) { return table.Customer(ctx, "cas") },
		"purging customer": func() (any, error) { return table.Customer(ctx, "bob") },
		"list":             func() (any, error) { return table.Customers(ctx, customer.Query{State: customer.Active, Limit: 9}) },
		"trash":            func() (any, error) { return table.Customers(ctx, customer.Query{State: customer.Deleted, Limit: 9}) },
		"found by a term": func() (any, error) {
			return table.Customers(ctx, customer.Query{State: customer.Active, Search: "anders", Limit: 9})
		},
		"owner of a claim": func() (any, error) { return table.EmailOwner(ctx, "ann@bücher.example") },
		"record":           func() (any, error) { return table.Record(ctx, "ann", key("ticket~1")) },
		"child":            func() (any, error) { return table.Record(ctx, "ann", key("ticket~1~line~2")) },
		"retained records": func() (any, error) { return table.Retained(ctx, customer.RecordQuery{Customer: "bob", Limit: 9}) },
		"audit log of a day": func() (any, error) {
			return table.EntriesByDay(ctx, audit.Query{Day: string(customer.DayOf(goldenTime)), Limit: 9})
		},
		"audit log":         func() (any, error) { return table.Entries(ctx, customer.EntryQuery{Customer: "ann", Limit: 9}) },
		"settings":          func() (any, error) { return table.Settings(ctx) },
		"access rules":      func() (any, error) { return table.Rules(ctx) },
		"totals":            func() (any, error) { return table.Totals(ctx) },
		"totals of a day":   func() (any, error) { return table.TotalsByDay(ctx, "2040-01-01", "2040-01-03") },
		"lease":             func() (any, error) { return leased(ctx, table) },
		"repeated deletion": func() (any, error) { return repeated(ctx, table, "key of a deletion") },
		"repeated hold":     func() (any, error) { return repeated(ctx, table, "key of a hold") },
		"planning":          func() (any, error) { return o.Operation(ctx, "planning") },
		"selection":         func() (any, error) { return o.Selection(ctx, "planning") },
		"operation":         func() (any, error) { return o.Operation(ctx, op.ID) },
		"taken chunk":       func() (any, error) { return held(o.Chunk(ctx, op, 0)) },
		"unfinished chunks": func() (any, error) { return collected(o.Unfinished(ctx, op.ID)) },
		"tally":             func() (any, error) { return o.Tally(ctx, op) },
		"certificate":       func() (any, error) { return certificates.Certificate(ctx, "zoe") },
		"chain":             func() (any, error) { return certificates.Certificates(ctx, customer.CertificateQuery{Limit: 9}) },
	} {
		value, err := reading()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		read[what] = value
	}
	return read
}

func leased(ctx context.Context, table *dynamo.Table) (bool, error) {
	err := table.Acquire(ctx, "sweep", "another", goldenTime, goldenTime.Add(time.Minute))
	if errors.Is(err, customer.ErrLeased) {
		return true, nil
	}
	return false, err
}

func repeated(ctx context.Context, table *dynamo.Table, key string) (any, error) {
	err := table.Replayed(ctx, customer.Change{ID: "another", Once: &customer.Once{Key: key, Fingerprint: "of its request"}})
	if replay, is := errors.AsType[*customer.ReplayError](err); is {
		return *replay, nil
	}
	return nil, errors.Join(errors.New("not known to be a repeat"), err)
}

// held returns the chunk without its random holder.
func held(c bulk.Chunk, err error) (bulk.Chunk, error) {
	if c.Holder != "" {
		c.Holder = "the holder"
	}
	return c, err
}

func collected(chunks iter.Seq2[bulk.Chunk, error]) (list []bulk.Chunk, err error) {
	for c, failed := range chunks {
		c, failed = held(c, failed)
		list, err = append(list, c), errors.Join(err, failed)
	}
	return list, err
}

// TestAnOperationIsReadAsItWasWritten compares the operation in the golden files with the value that was written.
func TestAnOperationIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	tables := dynamotest.New(t)
	writeItems(t, tables)
	want := goldenOperation()
	want.Swept = bulk.SweepMark{At: goldenTime, Seen: "running 1f", Times: 2}
	same(t, "operation", readItems(t, tables)["operation"], any(want))
}
