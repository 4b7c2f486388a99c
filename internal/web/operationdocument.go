package web

import (
	"context"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/operations"
)

// Operation is one action on many customers.
type Operation struct {
	ID          string     `json:"id"`
	Action      string     `json:"action"`
	State       string     `json:"state" enum:"PLANNING,READY,RUNNING,CANCELLING,SUCCEEDED,PARTIAL,FAILED,CANCELLED,EXPIRED" doc:"SUCCEEDED: all was done that the plan foresaw. PARTIAL: some of it. FAILED: none of it, or it could not be planned (why). EXPIRED: nobody applied it in time."`
	By          string     `json:"by" doc:"Who planned it."`
	Reason      string     `json:"reason,omitempty" doc:"There when the planning has ended: with every word blotted out that a customer of the plan has or had in its profile, and wholly if one of them is not there. The audit log and deletions have the same."`
	ReasonCode  string     `json:"reasonCode,omitempty" enum:"erasure_request,inactive,duplicate,test,other"`
	Created     time.Time  `json:"created"`
	Planned     *time.Time `json:"planned,omitempty"`
	Expires     *time.Time `json:"expires,omitempty" doc:"The plan is to be applied before."`
	Applied     *time.Time `json:"applied,omitempty"`
	Ended       *time.Time `json:"ended,omitempty"`
	AppliedBy   string     `json:"appliedBy,omitempty" doc:"Who applied it, first if more than once: audit log and certificates name them. Missing where an operation has applied itself, in the name of who planned it."`
	CancelledBy string     `json:"cancelledBy,omitempty" doc:"Who cancelled it."`
	Retried     *time.Time `json:"retried,omitempty" doc:"When what failed was last tried again."`
	RetriedBy   string     `json:"retriedBy,omitempty" doc:"Who asked for that."`
	Why         string     `json:"why,omitempty" doc:"With FAILED: why it could not be planned."`
	OnBlocked   string     `json:"onBlocked,omitempty" enum:"skip,fail"`
	Digest      string     `json:"digest,omitempty" doc:"Of the plan; apply by it. There when the planning has ended."`
	Impact      Impact     `json:"impact"`
	Progress    Progress   `json:"progress"`
	Estimate    Usage      `json:"estimate" doc:"Of what applying the plan consumes."`
	Actual      Usage      `json:"actual" doc:"What was consumed so far, as the table told. Work that was interrupted is missing."`
	Links       ItemLinks  `json:"links"`
}

// Impact is what a plan foresees.
type Impact struct {
	Customers    int              `json:"customers"`
	Eligible     int              `json:"eligible" doc:"To whom it can be done."`
	Blocked      map[string]int   `json:"blocked" doc:"To whom it can't, by the code of the reason. They are left alone. With fsck: what can only be reported, by rule."`
	Records      map[string]int64 `json:"records" doc:"Of the eligible ones, by kind. With fsck: what can be repaired, by rule."`
	RestoreUntil *time.Time       `json:"restoreUntil,omitempty" doc:"With delete: how long they could be restored if the plan were applied now."`
}

// Progress counts customers by what became of them.
type Progress struct {
	Done    int            `json:"done"`
	Skipped int            `json:"skipped" doc:"Left alone: blocked in the plan, or changed since."`
	Failed  int            `json:"failed"`
	Left    int            `json:"left" doc:"Not yet decided. When the state is CANCELLED: never touched, but for those with the code INTERRUPTED; it does not change any longer."`
	Codes   map[string]int `json:"codes" doc:"Why they were skipped or failed; INTERRUPTED counts those left that may have been done."`
}

// ItemLinks lead to what became of each customer.
type ItemLinks struct {
	Items string `json:"items" format:"uri-reference"`
	CSV   string `json:"csv" format:"uri-reference"`
}

func operationPath(id string) string { return "/v1/operations/" + id }

// operationDocument is an operation with its progress.
func (a *api) operationDocument(ctx context.Context, op bulk.Operation) (Operation, error) {
	tally, err := a.operations.Tally(ctx, op)
	doc := a.listedOperation(op)
	doc.Progress = Progress{Done: tally.Done, Skipped: tally.Skipped, Failed: tally.Failed, Left: tally.Left, Codes: tally.Codes}
	if tally.Codes == nil {
		doc.Progress.Codes = map[string]int{}
	}
	doc.Actual = actualOf(op, tally.Usage)
	if op.Action == operations.Delete && op.Applied.IsZero() && err == nil {
		err = a.addRestoreUntil(ctx, op, &doc)
	}
	return doc, err
}

func (a *api) addRestoreUntil(ctx context.Context, op bulk.Operation, doc *Operation) error {
	retention, err := operations.Retention(ctx, a.svc, op)
	if err == nil {
		doc.Impact.RestoreUntil = timeOrNil(retention.After(a.svc.Now()))
	}
	return err
}

// listedOperation is an operation without its progress, which is a sum over its chunks.
func (a *api) listedOperation(op bulk.Operation) Operation {
	t := op.Tally
	doc := Operation{
		ID: op.ID, Action: op.Action, State: string(op.StateAt(a.svc.Now())), By: op.By, ReasonCode: op.ReasonCode, Created: timeOf(op.Created),
		Planned: timeOrNil(op.Planned), Expires: timeOrNil(op.Expires), Applied: timeOrNil(op.Applied), Ended: timeOrNil(op.Ended),
		AppliedBy: op.AppliedBy, CancelledBy: op.CancelledBy, Retried: timeOrNil(op.Retried), RetriedBy: op.RetriedBy,
		Why: op.Why, OnBlocked: string(op.OnRefused),
		Impact:   Impact{Customers: op.Impact.Subjects, Eligible: op.Impact.Eligible, Blocked: op.Impact.Refused, Records: op.Impact.Counts},
		Progress: Progress{Done: t.Done, Skipped: t.Skipped, Failed: t.Failed, Left: op.Impact.Subjects - t.Done - t.Skipped - t.Failed, Codes: t.Codes},
		Estimate: estimateOf(op.Impact.Estimate), Actual: actualOf(op, t.Usage),
		Links: ItemLinks{operationPath(op.ID) + "/items", operationPath(op.ID) + "/items.csv"},
	}
	if op.State != bulk.Planning {
		doc.Digest, doc.Reason = op.Digest, op.Reason
	}
	for _, codes := range []*map[string]int{&doc.Impact.Blocked, &doc.Progress.Codes} {
		if *codes == nil {
			*codes = map[string]int{}
		}
	}
	if doc.Impact.Records == nil {
		doc.Impact.Records = map[string]int64{}
	}
	return doc
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return new(timeOf(t))
}
