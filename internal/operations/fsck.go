package operations

import (
	"context"
	"encoding/json"
	"fmt"

	"lethe/internal/bulk"
)

// Finding is one thing that is wrong in the raw tables. It holds no personal data but the
// id of the customer.
type Finding struct {
	Rule       string `json:"rule"`
	Customer   string `json:"customer,omitempty"`
	Key        string `json:"key"`
	At         string `json:"at,omitempty"` // where it was found; opaque
	Repairable bool   `json:"-"`
}

// Tables checks the raw tables.
type Tables struct {
	// Part checks a part, from a position on, and returns the next; empty at the end. A
	// *bulk.SelectionError says that more is wrong than an operation can hold.
	Part func(ctx context.Context, position string) ([]Finding, string, error)
	// Mend repairs what is still so, in somebody's name. A finding that it leaves
	// undecided is tried again.
	Mend func(ctx context.Context, by string, findings []Finding) ([]bulk.Outcome, error)
}

// AddFsck adds to an engine the action Fsck. Its planning is the check: the subjects are
// the findings. Applied, it repairs those that are still so.
func AddFsck(e *bulk.Engine, tables Tables) {
	e.Actions[Fsck] = bulk.Action{Plan: planFsck, Run: tables.apply, Estimate: estimateMending, MaxWeight: bulk.MaxSubjects}
	others := e.Select
	e.Select = func(ctx context.Context, op bulk.Operation, selection []byte, position string, limit int) ([]string, string, error) {
		if op.Action != Fsck {
			return others(ctx, op, selection, position, limit)
		}
		return tables.page(ctx, position)
	}
}

// page checks a part, and writes what it found, as its ids.
func (t Tables) page(ctx context.Context, position string) (ids []string, next string, err error) {
	findings, next, err := t.Part(ctx, position)
	if err != nil {
		return nil, "", err
	}
	for _, f := range findings {
		id, err := json.Marshal(found{f, f.Repairable})
		if err != nil {
			return nil, "", fmt.Errorf("operations: finding: %w", err)
		}
		ids = append(ids, string(id))
	}
	return ids, next, nil
}

type found struct {
	Finding

	Repairable bool `json:"repairable"`
}

// planFsck makes subjects of findings. What can only be reported is refused, by its rule.
func planFsck(_ context.Context, _ bulk.Operation, ids []string) ([]bulk.Subject, error) {
	subjects := make([]bulk.Subject, len(ids))
	for i, id := range ids {
		var f found
		if err := json.Unmarshal([]byte(id), &f); err != nil {
			return nil, fmt.Errorf("operations: finding: %w", err)
		}
		bind, err := json.Marshal(f.Finding)
		if err != nil {
			return nil, fmt.Errorf("operations: finding: %w", err)
		}
		subjects[i] = bulk.Subject{ID: f.Customer, Bind: string(bind), Weight: 1, Counts: map[string]int64{f.Rule: 1}}
		if f.Customer == "" {
			subjects[i].ID = f.Key
		}
		if !f.Repairable {
			subjects[i].Refused = f.Rule
		}
	}
	return subjects, nil
}

func (t Tables) apply(ctx context.Context, op bulk.Operation, subjects []bulk.Subject) ([]bulk.Outcome, error) {
	findings := make([]Finding, len(subjects))
	for i, s := range subjects {
		if err := json.Unmarshal([]byte(s.Bind), &findings[i]); err != nil {
			return nil, errBind
		}
	}
	return t.Mend(ctx, op.Actor(), findings)
}

// RuleOf is the rule that an item of the action Fsck is about; empty of other actions' items.
func RuleOf(op bulk.Operation, i bulk.Item) string {
	var f Finding
	if op.Action != Fsck || json.Unmarshal([]byte(i.Bind), &f) != nil {
		return ""
	}
	return f.Rule
}

// estimateMending takes an average: each repair is a transaction, and is looked at before and afterwards.
func estimateMending(i bulk.Impact) bulk.Usage {
	const requests, writeUnits, readUnits = 12, 6, 14
	n := i.Eligible
	return bulk.Usage{Requests: requests * n, WriteUnits: float64(writeUnits * n), ReadUnits: float64(readUnits * n)}
}
