package operations

import (
	"cmp"
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

// FsckOf is the action Fsck of tables. Its planning is the check: the subjects are the findings.
// Applied, it repairs those that are still there.
func FsckOf(tables Tables) Further {
	return Further{Fsck, bulk.Action{Plan: tables.plan, Run: tables.mend, Estimate: estimateMending, MaxWeight: bulk.MaxSubjects}}
}

// plan checks a part of the tables. How much is in a page is for the tables to say, not for the limit: a part
// is scanned for a time.
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

// subject is the finding as a subject. What can only be reported is refused, by its rule.
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

func (t Tables) mend(ctx context.Context, op bulk.Operation, subjects []bulk.Subject) ([]bulk.Outcome, error) {
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
