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
	State       string     `json:"state" enum:"PLANNING,READY,WAITING,RUNNING,CANCELLING,SUCCEEDED,PARTIAL,FAILED,CANCELLED,EXPIRED" doc:"WAITING: it was applied, and waits for the approval of a second administrator. SUCCEEDED: the action was applied to all eligible customers. PARTIAL: to some of them. FAILED: to none of them, or the operation could not be planned, and why has the reason. EXPIRED: it was not applied in time."`
	By          string     `json:"by" doc:"The subject that created the operation."`
	Reason      string     `json:"reason,omitempty" doc:"The reason of the request, when the planning has ended. Every word that is or was in the profile of a customer of the plan is blotted out; if one of the customers does not exist, the whole reason is. The audit log and the deletions have the same text."`
	ReasonCode  string     `json:"reasonCode,omitempty" enum:"erasure_request,inactive,duplicate,test,other"`
	Created     time.Time  `json:"created" doc:"The time of the request that created it."`
	Planned     *time.Time `json:"planned,omitempty" doc:"The time when the planning ended."`
	Expires     *time.Time `json:"expires,omitempty" doc:"The plan can be applied until then."`
	Applied     *time.Time `json:"applied,omitempty" doc:"The time when the operation first started."`
	Ended       *time.Time `json:"ended,omitempty" doc:"The time when the operation ended."`
	Requested   *time.Time `json:"requested,omitempty" doc:"The time when the plan was applied and began to wait for a second administrator. Absent if it needed none."`
	RequestedBy string     `json:"requestedBy,omitempty" doc:"The subject that applied the plan then."`
	ApprovedBy  string     `json:"approvedBy,omitempty" doc:"The subject of the second administrator, who approved the plan. It is in the audit log and the certificates. Absent if none was needed."`
	AppliedBy   string     `json:"appliedBy,omitempty" doc:"The subject that applied the plan first. It is in the audit log and the certificates. Absent if the operation applied itself, on behalf of by."`
	CancelledBy string     `json:"cancelledBy,omitempty" doc:"The subject that cancelled the operation."`
	Retried     *time.Time `json:"retried,omitempty" doc:"The time of the last retry."`
	RetriedBy   string     `json:"retriedBy,omitempty" doc:"The subject of the last retry."`
	Why         string     `json:"why,omitempty" doc:"With FAILED: why the operation could not be planned."`
	OnBlocked   string     `json:"onBlocked,omitempty" enum:"skip,fail" doc:"As in the request that applied the plan."`
	Digest      string     `json:"digest,omitempty" doc:"The digest of the plan, to apply it with, when the planning has ended."`
	Impact      Impact     `json:"impact"`
	Progress    Progress   `json:"progress"`
	Estimate    Usage      `json:"estimate" doc:"What applying the plan is expected to consume."`
	Actual      Usage      `json:"actual" doc:"What was consumed until now. The table reports the units of the requests that change or read customers; overhead is computed from the numbers of changed customers and of chunks. Work that was interrupted is not included."`
	Links       ItemLinks  `json:"links"`
}

// Impact is what a plan would do.
type Impact struct {
	Customers    int              `json:"customers" doc:"Customers in the plan. With fsck: findings."`
	Eligible     int              `json:"eligible" doc:"Customers that the action can be applied to."`
	Blocked      map[string]int   `json:"blocked" doc:"Customers that the rules refuse, by code. They are not changed. With fsck: findings that can only be reported, by rule."`
	Records      map[string]int64 `json:"records" doc:"Records of the eligible customers, by kind. With fsck: findings that can be repaired, by rule."`
	RestoreUntil *time.Time       `json:"restoreUntil,omitempty" doc:"With delete: until when the customers could be restored if the plan were applied now."`
}

// Progress counts customers by outcome.
type Progress struct {
	Done    int            `json:"done" doc:"The action was applied."`
	Skipped int            `json:"skipped" doc:"Not changed: blocked in the plan, or changed by others since."`
	Failed  int            `json:"failed" doc:"The action could not be applied. It can be retried."`
	Left    int            `json:"left" doc:"Not decided yet. In the state CANCELLED the number is final: these customers were not changed, except perhaps those with the code INTERRUPTED."`
	Codes   map[string]int `json:"codes" doc:"The skipped and failed customers by code. INTERRUPTED counts customers in left that may have been changed."`
}

// ItemLinks are the paths of the outcome for each customer.
type ItemLinks struct {
	Items string `json:"items" format:"uri-reference"`
	CSV   string `json:"csv" format:"uri-reference"`
}

func operationPath(id string) string { return "/v1/operations/" + id }

// operationDocument returns an operation with its progress.
func (a *api) operationDocument(ctx context.Context, op bulk.Operation) (Operation, error) {
	tally, err := a.operations.Tally(ctx, op)
	doc := a.listedOperation(op)
	doc.Progress = Progress{Done: tally.Done, Skipped: tally.Skipped, Failed: tally.Failed, Left: tally.Left, Codes: tally.Codes}
	if tally.Codes == nil {
		doc.Progress.Codes = map[string]int{}
	}
	doc.Actual = actualOf(op, tally)
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

// listedOperation returns an operation with the progress stored in it. The progress of a running operation is a sum
// over its chunks: see operationDocument.
func (a *api) listedOperation(op bulk.Operation) Operation {
	t := op.Tally
	doc := Operation{
		ID: op.ID, Action: op.Action, State: string(op.StateAt(a.svc.Now())), By: op.By, ReasonCode: op.ReasonCode, Created: timeOf(op.Created),
		Planned: timeOrNil(op.Planned), Expires: timeOrNil(op.Expires), Applied: timeOrNil(op.Applied), Ended: timeOrNil(op.Ended),
		Requested: timeOrNil(op.Requested), RequestedBy: op.RequestedBy, ApprovedBy: op.ApprovedBy,
		AppliedBy: op.AppliedBy, CancelledBy: op.CancelledBy, Retried: timeOrNil(op.Retried), RetriedBy: op.RetriedBy,
		Why: op.Why, OnBlocked: string(op.OnRefused),
		Impact:   Impact{Customers: op.Impact.Subjects, Eligible: op.Impact.Eligible, Blocked: op.Impact.Refused, Records: op.Impact.Counts},
		Progress: Progress{Done: t.Done, Skipped: t.Skipped, Failed: t.Failed, Left: op.Impact.Subjects - t.Done - t.Skipped - t.Failed, Codes: t.Codes},
		Estimate: estimateOf(op), Actual: actualOf(op, t),
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
