package operations

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"

	"lethe/internal/bulk"
)

// Finding is one error in the raw tables. It holds no personal data except the customer's id.
type Finding struct {
	Rule       string `json:"rule"`
	Customer   string `json:"customer,omitempty"`
	Key        string `json:"key"`
	At         string `json:"at,omitempty"` // place in the scan; opaque
	Repairable bool   `json:"-"`
}

// Tables checks and repairs the raw tables.
type Tables struct {
	// Part checks a part of the tables from a position on, and returns the position of the next
	// part, empty at the end. It returns a *bulk.SelectionError if there are more findings than an
	// operation can hold.
	Part func(ctx context.Context, position string) ([]Finding, string, error)
	// Repair repairs the findings that are still there. by is the user who asks for it. An undecided
	// finding is tried again.
	Repair func(ctx context.Context, by string, findings []Finding) ([]bulk.Outcome, error)
}

// FsckOf returns the action Fsck. Its plan is a check: the subjects are the findings. Applying it
// repairs the findings that are still there.
func FsckOf(tables Tables) Further {
	return Further{Fsck, bulk.Action{Plan: tables.plan, Run: tables.repair, Estimate: estimateRepairs, MaxWeight: maxRepairs}}
}

const maxRepairs = 250 // in a chunk: each takes a dozen requests

// plan checks a part of the tables. It ignores the limit: a part is bounded by its scan time.
func (t Tables) plan(ctx context.Context, op bulk.Operation, _ []byte, _ int) ([]bulk.Subject, string, error) {
	findings, next, err := t.Part(ctx, op.Position)
	if err != nil {
		return nil, "", err
	}
	subjects := make([]bulk.Subject, len(findings))
	for i, f := range findings {
		if subjects[i], err = f.subject(); err != nil {
			return nil, "", err
		}
	}
	return subjects, next, nil
}

// subject returns the finding as a subject. One that can't be repaired is refused with its rule.
func (f Finding) subject() (bulk.Subject, error) {
	bind, err := json.Marshal(f)
	if err != nil {
		return bulk.Subject{}, fmt.Errorf("operations: finding: %w", err)
	}
	s := bulk.Subject{ID: cmp.Or(f.Customer, f.Key), Bind: string(bind), Weight: 1, Counts: map[string]int64{f.Rule: 1}}
	if !f.Repairable {
		s.Refused = f.Rule
	}
	return s, nil
}

func (t Tables) repair(ctx context.Context, op bulk.Operation, subjects []bulk.Subject) ([]bulk.Outcome, error) {
	findings := make([]Finding, len(subjects))
	for i, s := range subjects {
		if err := json.Unmarshal([]byte(s.Bind), &findings[i]); err != nil {
			return nil, errBind
		}
	}
	return t.Repair(ctx, op.Actor(), findings)
}

// RuleOf returns the rule that an item of the action Fsck breaks. It is empty for other actions.
func RuleOf(op bulk.Operation, i bulk.Item) string {
	var f Finding
	if op.Action != Fsck || json.Unmarshal([]byte(i.Bind), &f) != nil {
		return ""
	}
	return f.Rule
}

// estimateRepairs uses averages: each repair is a transaction, with reads before and after it.
func estimateRepairs(i bulk.Impact) bulk.Usage {
	const requests, writeUnits, readUnits = 12, 6, 14
	n := i.Eligible
	return bulk.Usage{Requests: requests * n, WriteUnits: float64(writeUnits * n), ReadUnits: float64(readUnits * n)}
}
