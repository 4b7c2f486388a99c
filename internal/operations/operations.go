// Package operations is what can be done to many customers at once: each action of the
// engine in internal/bulk, in the terms of internal/customer.
package operations

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// The actions.
const (
	Delete  = "delete"
	Restore = "restore"
	Purge   = "purge"
	Block   = "block"
	Unblock = "unblock"
	Redate  = "redate" // gives those in the trash the purge times of the retention in force
	Undo    = "undo"   // restores what an operation deleted, as far as it is still so
	Replay  = "replay" // purges again whom a restored backup has brought back
	Fsck    = "fsck"   // checks the raw tables, and repairs what no rule allows
)

// maxRecords bounds a chunk of purges, in items to erase: some seconds of work. A worker that dies
// takes the outcomes of its chunk with it, so that little is lost of a small one; the certificates
// of a chunk are appended together, so that they are cheap of a large one.
const maxRecords = 10_000

// Further is an action beside those that are done to customers.
type Further struct {
	Name   string
	Action bulk.Action
}

// Engine carries out the actions that are done to customers, and further ones.
func Engine(service *customer.Service, store bulk.Store, queue bulk.Queue, further ...Further) *bulk.Engine {
	a := actions{service, store}
	light := func(customer.Customer, customer.Settings) int { return 1 }
	all := map[string]bulk.Action{
		Delete:  {Basis: a.basis(byPolicies), Plan: a.plan(a.canDelete, light), Run: a.delete, Estimate: estimateMove, MaxWeight: bulk.MaxSubjects},
		Restore: {Plan: a.plan(a.canRestore, light), Run: a.restore, Estimate: estimateReadAndMove, MaxWeight: bulk.MaxSubjects},
		Undo:    {Plan: a.plan(a.canUndo, light), Run: a.restore, Estimate: estimateReadAndMove, MaxWeight: bulk.MaxSubjects, Harmless: true},
		Purge:   {Basis: a.basis(byKinds), Plan: a.plan(a.canPurge, weight), Run: a.purge, Estimate: estimatePurge, MaxWeight: maxRecords},
		Replay:  {Basis: a.basis(byKinds), Plan: a.plan(a.canReplay, weight), Run: a.replay, Estimate: estimatePurge, MaxWeight: maxRecords},
		Redate:  {Basis: a.basis(byRetention), Plan: a.plan(a.canRedate, light), Run: a.redate, Estimate: estimateReadAndMove, MaxWeight: bulk.MaxSubjects},
		Block:   {Plan: a.plan(a.canBlock(true), light), Run: a.block(true), Estimate: estimateFlag, MaxWeight: bulk.MaxSubjects, Harmless: true},
		Unblock: {Plan: a.plan(a.canBlock(false), light), Run: a.block(false), Estimate: estimateFlag, MaxWeight: bulk.MaxSubjects, Harmless: true},
	}
	for _, f := range further {
		all[f.Name] = f.Action
	}
	engine := bulk.New(store, queue, all)
	engine.Log, engine.Clock = service.Log, service.Clock
	return engine
}

type actions struct {
	service *customer.Service
	store   outcomeReader
}

// judge says why something can't be done to a customer, nil if it can.
type judge func(op bulk.Operation, c customer.Customer, s customer.Settings, now time.Time) error

// plan reads a page of the customers that a selection selects, and judges them.
func (a actions) plan(can judge, weigh weighing) planning {
	return func(ctx context.Context, op bulk.Operation, selection []byte, limit int) ([]bulk.Subject, string, error) {
		ids, next, err := selector(a).page(ctx, op, selection, op.Position, limit)
		if err != nil {
			return nil, "", err
		}
		subjects, err := a.judged(ctx, op, ids, can, weigh)
		return subjects, next, err
	}
}

// planning is how an action plans a page of its subjects; see [bulk.Action].
type planning = func(ctx context.Context, op bulk.Operation, selection []byte, limit int) ([]bulk.Subject, string, error)

// weighing is how much work a customer is.
type weighing = func(customer.Customer, customer.Settings) int

// judged reads customers as they are, judges them, and binds them to what it read.
func (a actions) judged(ctx context.Context, op bulk.Operation, ids []string, can judge, weigh weighing) ([]bulk.Subject, error) {
	settings, err := a.settings(ctx, op)
	if err != nil {
		return nil, err
	}
	roots, err := a.service.Roots(ctx, ids)
	if err != nil {
		return nil, err
	}
	subjects := make(map[string]bulk.Subject, len(ids))
	for _, c := range roots {
		refused := can(op, c, settings, a.service.Now())
		if moved(op, c) {
			refused = customer.ErrVersion
		}
		subjects[c.ID] = bulk.Subject{ID: c.ID, Bind: bind(c), Refused: code(refused), Weight: weigh(c, settings), Counts: c.Counts}
	}
	if err := a.refuseAbsent(ctx, ids, subjects); err != nil {
		return nil, err
	}
	inOrder := make([]bulk.Subject, len(ids))
	for i, id := range ids {
		inOrder[i] = subjects[id]
	}
	return redacting(inOrder, roots), nil
}

// redacting has the first of the subjects take out of a reason what is personal of them all. Of one that
// is not there, nobody can tell what that is.
func redacting(subjects []bulk.Subject, roots []customer.Customer) []bulk.Subject {
	switch {
	case len(subjects) == 0:
	case len(roots) < len(subjects):
		subjects[0].Redact = customer.Withheld
	default:
		images := make([]*customer.Customer, len(roots))
		for i := range roots {
			images[i] = &roots[i]
		}
		subjects[0].Redact = func(reason string) string { return customer.Blot(reason, images...) }
	}
	return subjects
}

// refuseAbsent adds those of the ids for which there is no customer, and why.
func (a actions) refuseAbsent(ctx context.Context, ids []string, subjects map[string]bulk.Subject) error {
	var absent []string
	for _, id := range ids {
		if _, ok := subjects[id]; !ok {
			absent = append(absent, id)
		}
	}
	for i, err := range a.service.Absent(ctx, absent) {
		why := code(err)
		if why == "" {
			return err
		}
		subjects[absent[i]] = bulk.Subject{ID: absent[i], Refused: why}
	}
	return nil
}

// bind writes what a transition needs to know of a customer: version, epoch, whether it is held, generation.
func bind(c customer.Customer) string {
	parts := []string{strconv.FormatInt(c.Version, 10), strconv.FormatInt(c.Epoch, 10), strconv.FormatBool(len(c.Holds) > 0), ""}
	if c.Deletion != nil {
		parts[3] = c.Deletion.ID
	}
	return strings.Join(parts, " ")
}

var errBind = errors.New("operations: what binds a subject can't be read")

func unbind(s bulk.Subject) (seen customer.Seen, generation string, err error) {
	parts := strings.Split(s.Bind, " ")
	if len(parts) != 4 {
		return seen, "", errBind
	}
	seen.ID, generation = s.ID, parts[3]
	var errs [3]error
	seen.Version, errs[0] = strconv.ParseInt(parts[0], 10, 64)
	seen.Epoch, errs[1] = strconv.ParseInt(parts[1], 10, 64)
	seen.Held, errs[2] = strconv.ParseBool(parts[2])
	return seen, generation, errors.Join(errs[:]...)
}

func unbindAll(subjects []bulk.Subject) (seen []customer.Seen, generations []string, err error) {
	for _, s := range subjects {
		one, generation, err := unbind(s)
		if err != nil {
			return nil, nil, err
		}
		seen, generations = append(seen, one), append(generations, generation)
	}
	return seen, generations, nil
}

// change is what an operation does to each of its customers, in the name of whoever applied it. Its
// id is the operation's, so that a chunk done again finds what it did.
func change(op bulk.Operation) customer.Change {
	return customer.Change{ID: op.ID, By: op.Actor(), Reason: op.Reason, ReasonCode: customer.ReasonCode(op.ReasonCode)}
}

// outcomes turns results into outcomes. What the machinery failed of stays undecided.
func outcomes(results []error) ([]bulk.Outcome, error) {
	decided := make([]bulk.Outcome, len(results))
	var faults []error
	for i, err := range results {
		switch why := code(err); {
		case err == nil:
			decided[i] = bulk.Outcome{Result: bulk.OutcomeDone}
		case why != "":
			decided[i] = bulk.Outcome{Result: bulk.OutcomeSkipped, Code: why}
		default:
			decided[i], faults = undecided(err), append(faults, fault(err))
		}
	}
	if len(faults) == 0 {
		return decided, nil
	}
	return decided, worst(faults)
}

// undecided is the outcome of what the machinery failed of: it may have been done.
func undecided(err error) bulk.Outcome {
	if errors.Is(err, bulk.ErrNotBegun) {
		return bulk.Outcome{}
	}
	return bulk.Outcome{Code: bulk.Interrupted}
}

func fault(err error) error {
	if errors.Is(err, customer.ErrUnfinished) {
		return bulk.ErrUnfinished
	}
	return err
}

// worst is the fault that says most: that the operation was cancelled, then one that counts as an
// attempt, if there is one among those that don't.
func worst(faults []error) error {
	for _, says := range []func(error) bool{
		func(err error) bool { return errors.Is(err, bulk.ErrStopped) },
		func(err error) bool { return !errors.Is(err, bulk.ErrUnfinished) },
	} {
		if i := slices.IndexFunc(faults, says); i >= 0 {
			return faults[i]
		}
	}
	return faults[0]
}
