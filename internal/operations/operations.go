// Package operations defines the actions on many customers: it implements the actions of the
// engine in internal/bulk with the service in internal/customer.
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
	Redate  = "redate" // sets the purge times in the trash by the present retention
	Undo    = "undo"   // restores customers that an operation deleted and that have not changed since
	Replay  = "replay" // purges customers again that a restored backup brought back
	Fsck    = "fsck"   // checks the raw tables, and repairs what breaks the rules
)

// maxRecords is the largest number of items to erase in a chunk of purges: some seconds of work. A
// worker that dies loses the outcomes of its chunk, so a chunk must not be too large. The certificates
// of a chunk are appended together, so a large chunk costs less.
const maxRecords = 10_000

// Further is an action that is not applied to customers.
type Further struct {
	Name   string
	Action bulk.Action
}

// Engine returns an engine with all actions on customers, and the further ones.
func Engine(service *customer.Service, store bulk.Store, queue bulk.Queue, further ...Further) *bulk.Engine {
	a := actions{service, store}
	light := func(customer.Customer, customer.Settings) int { return 1 }
	all := map[string]bulk.Action{
		Delete:  {Basis: a.basis(byPolicies), Plan: a.plan(a.canDelete, light, extraMove), Run: a.delete, Estimate: estimateMove, MaxWeight: bulk.MaxSubjects},
		Restore: {Plan: a.plan(a.canRestore, light, extraMove), Run: a.restore, Estimate: estimateReadAndMove, MaxWeight: bulk.MaxSubjects},
		Undo:    {Plan: a.plan(a.canUndo, light, extraMove), Run: a.restore, Estimate: estimateReadAndMove, MaxWeight: bulk.MaxSubjects, Harmless: true},
		Purge:   {Basis: a.basis(byKinds), Plan: a.plan(a.canPurge, weight, extraPurge), Run: a.purge, Estimate: estimatePurge, MaxWeight: maxRecords},
		Replay:  {Basis: a.basis(byKinds), Plan: a.plan(a.canReplay, weight, extraPurge), Run: a.replay, Estimate: estimatePurge, MaxWeight: maxRecords},
		Redate:  {Basis: a.basis(byRetention), Plan: a.plan(a.canRedate, light, extraMove), Run: a.redate, Estimate: estimateReadAndMove, MaxWeight: bulk.MaxSubjects},
		Block:   {Plan: a.plan(a.canBlock(true), light, extraFlag), Run: a.block(true), Estimate: estimateFlag, MaxWeight: bulk.MaxSubjects, Harmless: true},
		Unblock: {Plan: a.plan(a.canBlock(false), light, extraFlag), Run: a.block(false), Estimate: estimateFlag, MaxWeight: bulk.MaxSubjects, Harmless: true},
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

// judge returns nil if the action may be applied to a customer, or else the refusal.
type judge func(op bulk.Operation, c customer.Customer, s customer.Settings, now time.Time) error

// plan returns the Plan of an action: it reads a page of the selection and checks each customer.
func (a actions) plan(can judge, weigh weighing, more extra) planning {
	return func(ctx context.Context, op bulk.Operation, selection []byte, limit int) ([]bulk.Subject, string, error) {
		page, next, err := selector(a).page(ctx, op, selection, op.Position, limit)
		if err != nil {
			return nil, "", err
		}
		subjects, err := a.judged(ctx, op, page, can, weigh, more)
		return subjects, next, err
	}
}

// planning is the type of Plan in [bulk.Action].
type planning = func(ctx context.Context, op bulk.Operation, selection []byte, limit int) ([]bulk.Subject, string, error)

// weighing returns the amount of work that a customer needs.
type weighing = func(customer.Customer, customer.Settings) int

// judged reads the customers of a page, unless the selection has read them, checks each with can, and
// binds it to the state that was read. The change is on condition of that state: where it needs to know
// nothing more, as a deletion, a customer is read once from the plan to the end.
func (a actions) judged(ctx context.Context, op bulk.Operation, page selected, can judge, weigh weighing, more extra) ([]bulk.Subject, error) {
	settings, err := a.settings(ctx, op)
	if err != nil {
		return nil, err
	}
	ids, roots := page.ids, page.roots
	if roots == nil {
		if roots, err = a.service.Roots(ctx, ids); err != nil {
			return nil, err
		}
	}
	subjects := make(map[string]bulk.Subject, len(ids))
	for _, c := range roots {
		refused := can(op, c, settings, a.service.Now())
		if moved(op, c) {
			refused = customer.ErrVersion
		}
		subjects[c.ID] = bulk.Subject{ID: c.ID, Bind: bind(c), Refused: code(refused), Weight: weigh(c, settings), Extra: more(op, c, a.service.Units), Counts: c.Counts}
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

// redacting sets Redact of the first subject, which removes the personal values of all of them from
// a reason. If one of them does not exist, its values are unknown, and the whole reason is withheld.
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

// refuseAbsent adds the ids without a customer as refused subjects.
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

// bind encodes the state that a transition requires: version, epoch, whether there is a legal hold,
// and the generation.
func bind(c customer.Customer) string {
	parts := []string{strconv.FormatInt(c.Version, 10), strconv.FormatInt(c.Epoch, 10), strconv.FormatBool(c.Held()), ""}
	if c.Deletion != nil {
		parts[3] = c.Deletion.ID
	}
	return strings.Join(parts, " ")
}

var errBind = errors.New("operations: the stored state of a subject can't be read")

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

// change returns the change that an operation makes to each customer. Its author is the user who
// applied the operation. Its id is the operation's, so a repeated attempt recognises its own change.
func change(op bulk.Operation) customer.Change {
	return customer.Change{ID: op.ID, By: op.Actor(), ApprovedBy: op.ApprovedBy, Reason: op.Reason, ReasonCode: customer.ReasonCode(op.ReasonCode)}
}

// outcomes turns results into outcomes: a refusal skips the subject, a fault leaves it undecided.
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
	return decided, mostImportant(faults)
}

// undecided returns the outcome for a fault. Unless nothing was begun, the change may have been made.
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

// mostImportant returns a fault that reports the cancellation, or else one that counts as a failed
// attempt, or else the first.
func mostImportant(faults []error) error {
	for _, matches := range []func(error) bool{
		func(err error) bool { return errors.Is(err, bulk.ErrStopped) },
		func(err error) bool { return !errors.Is(err, bulk.ErrUnfinished) },
	} {
		if i := slices.IndexFunc(faults, matches); i >= 0 {
			return faults[i]
		}
	}
	return faults[0]
}
