package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"lethe/internal/audit"
	"lethe/internal/bulk"
	"lethe/internal/customer"
)

func (a *api) operationRoutes() {
	register(a, route{
		id: "create-operation", method: http.MethodPost, path: "/v1/operations", tag: "Operations", status: http.StatusAccepted,
		summary:     "Plan an operation",
		description: "Makes a plan: the list of the customers that the selection has now, and what the action would do to each. No customer changes until the plan is applied by its digest. block, unblock and undo apply themselves. A large selection is planned in the background: read the address in Location until the state is READY.",
		refusals:    []*problemType{badKey, keyReused, operationRunning}, request: exampleNewOperation, response: examplePlanned, maxBody: maxOperationBody,
	}, a.createOperation)
	register(a, route{
		id: "list-operations", method: http.MethodGet, path: "/v1/operations", tag: "Operations",
		summary:     "List operations",
		description: "Newest first. Operations are kept as long as the audit log. For running operations the list has no progress.",
		refusals:    []*problemType{badCursor}, response: exampleOperationPage,
	}, a.listOperations)
	register(a, route{
		id: "get-operation", method: http.MethodGet, path: "/v1/operations/{operation}", tag: "Operations",
		summary:     "Show an operation",
		description: "Shows the impact of a plan, the progress of a running operation, and the result of one that has ended.",
		refusals:    []*problemType{noOperation}, response: exampleEnded,
	}, a.showOperation)
	register(a, route{
		id: "apply-operation", method: http.MethodPost, path: "/v1/operations/{operation}/apply", tag: "Operations", status: http.StatusAccepted,
		summary:     "Apply a plan",
		description: "Applies the action to the customers of the plan and to no others. A customer that has changed since the plan is skipped and reported. If the settings for the action have changed since the plan, it is refused with PLAN_STALE. After that they can change: the operation uses those of the plan. If the access rules ask for a second administrator, the operation is WAITING after this, until another one approves it. Applying a plan again changes nothing.",
		refusals:    []*problemType{noOperation, planning, planExpired, planStale, planOutdated, planRefused, unacknowledged, operationRunning, ended},
		request:     exampleApproval, response: examplePlanned,
	}, a.applyOperation)
	register(a, route{
		id: "approve-operation", method: http.MethodPost, path: "/v1/operations/{operation}/approve", tag: "Operations", status: http.StatusAccepted,
		summary:     "Approve an operation as a second administrator",
		description: "Starts an operation that is WAITING. The administrators who created and applied it can't approve it. The digest says which plan you have reviewed. If the settings for the action have changed since the plan, it is refused with PLAN_STALE. Approving an operation again changes nothing.",
		refusals:    []*problemType{noOperation, planning, planExpired, planStale, planOutdated, ownApproval, notWaiting, operationRunning, ended},
		request:     exampleSecondApproval, response: examplePlanned,
	}, a.approveOperation)
	register(a, route{
		id: "cancel-operation", method: http.MethodPost, path: "/v1/operations/{operation}/cancel", tag: "Operations",
		summary:     "Cancel an operation",
		description: "Two seconds after the answer, no work on further customers begins. The state is CANCELLING until the last worker has stopped: within seconds, or later if a worker died. Then it is CANCELLED, and progress.left is final. What was done stays done, and a purge that has started runs to its end.",
		refusals:    []*problemType{noOperation, operationRunning, ended}, response: exampleEnded,
	}, a.cancelOperation)
	register(a, route{
		id: "retry-operation", method: http.MethodPost, path: "/v1/operations/{operation}/retry", tag: "Operations", status: http.StatusAccepted,
		summary:     "Retry the failed customers",
		description: "Repeats the action for the customers that failed, and for no others. It uses the settings of the plan, and is refused if they have changed since. What a second administrator approved needs no further approval: these customers were in it.",
		refusals:    []*problemType{noOperation, operationRunning, planOutdated, unapproved, ended}, response: examplePlanned,
	}, a.retryOperation)
}

// OperationPage is a page of operations.
type OperationPage struct {
	Operations []Operation `json:"operations"`
	NextCursor string      `json:"nextCursor,omitempty"`
}

type operationOutput struct {
	Location   string `header:"Location" doc:"The path of the operation."`
	RetryAfter int    `header:"Retry-After" doc:"The seconds to wait before reading it."`
	Body       Operation
}

func (a *api) answerOperation(ctx context.Context, op bulk.Operation, err error) (*operationOutput, error) {
	if err != nil {
		return nil, err
	}
	doc, err := a.operationDocument(ctx, op)
	if err != nil {
		return nil, err
	}
	return &operationOutput{Location: operationPath(op.ID), RetryAfter: 1, Body: doc}, nil
}

type createOperationInput struct {
	Idempotent
	Body NewOperation
}

type createdOperationOutput struct {
	Location   string `header:"Location" doc:"The path of the operation."`
	RetryAfter int    `header:"Retry-After" doc:"The seconds to wait before reading it."`
	Replayable
	Body Operation
}

func (a *api) createOperation(ctx context.Context, in *createOperationInput) (*createdOperationOutput, error) {
	if err := mayAct(ctx, in.Body.Action); err != nil {
		return nil, err
	}
	ch, err := changeOnce(ctx, in.Body.Reason, in.Idempotent)
	if err != nil {
		return nil, err
	}
	request, err := in.Body.request()
	if err != nil {
		return nil, err
	}
	op := bulk.Operation{ID: customer.NewID(), By: ch.By, Reason: ch.Reason, ReasonCode: string(ch.ReasonCode)}
	if ch.Once != nil {
		op.ID, op.Fingerprint = ch.Once.Key[:operationID], ch.Once.Fingerprint
		if made, err := a.operations.Replayed(ctx, op); !errors.Is(err, bulk.ErrNotFound) {
			return a.createdOperation(ctx, made, replayedHeader, err)
		}
	}
	selection, err := request.Prepare(ctx, a.svc, a.operations, &op)
	if err != nil {
		return nil, err
	}
	op, err = a.operations.Create(ctx, op, selection)
	return a.createdOperation(ctx, op, "", err)
}

func (a *api) createdOperation(ctx context.Context, op bulk.Operation, replayed string, err error) (*createdOperationOutput, error) {
	if err == nil {
		err = a.logOperation(ctx, audit.OperationCreated, op, op.By, op.Created)
	}
	out, err := a.answerOperation(ctx, op, err)
	if err != nil {
		return nil, err
	}
	return &createdOperationOutput{out.Location, out.RetryAfter, Replayable{replayed}, out.Body}, nil
}

// operationID is the length of an operation's id that is made from the hash of an idempotency key.
const operationID = 32

// OperationTarget is the operation in a path.
type OperationTarget struct {
	Operation string `path:"operation" pattern:"^[a-z0-9]{26,32}$" patternDescription:"the id of an operation: 26 to 32 lower-case letters and digits" doc:"The operation's id." example:"x4k2qdcl6rnhsyjc7bqzv5mtge"`
}

func (a *api) showOperation(ctx context.Context, in *OperationTarget) (*operationOutput, error) {
	op, err := a.operations.Operation(ctx, in.Operation)
	return a.answerOperation(ctx, op, err)
}

// actionable reads an operation whose action the administrator may carry out.
func (a *api) actionable(ctx context.Context, id string) (bulk.Operation, error) {
	op, err := a.operations.Operation(ctx, id)
	if err != nil {
		return op, err
	}
	return op, mayAct(ctx, op.Action)
}

type applyInput struct {
	OperationTarget
	Body Approval
}

func (a *api) applyOperation(ctx context.Context, in *applyInput) (*operationOutput, error) {
	op, err := a.actionable(ctx, in.Operation)
	if err != nil {
		return nil, err
	}
	if err := a.requireFreshToApply(ctx, op); err != nil {
		return nil, err
	}
	op, err = a.operations.Apply(ctx, in.Operation, bulk.Approval{
		Digest: in.Body.Digest, Acknowledged: in.Body.Acknowledged, OnRefused: bulk.OnRefused(in.Body.OnBlocked), By: actorOf(ctx),
	})
	if err == nil {
		err = a.logApplied(ctx, op)
	}
	return a.answerOperation(ctx, op, err)
}

type approveInput struct {
	OperationTarget
	Body SecondApproval
}

func (a *api) approveOperation(ctx context.Context, in *approveInput) (*operationOutput, error) {
	op, err := a.operations.Operation(ctx, in.Operation)
	if err != nil {
		return nil, err
	}
	if err := a.requireFreshToApply(ctx, op); err != nil {
		return nil, err
	}
	op, err = a.operations.Approve(ctx, in.Operation, in.Body.Digest, actorOf(ctx))
	if err == nil {
		err = a.logOperation(ctx, audit.OperationApproved, op, op.ApprovedBy, op.Applied)
	}
	return a.answerOperation(ctx, op, err)
}

func (a *api) cancelOperation(ctx context.Context, in *OperationTarget) (*operationOutput, error) {
	op, err := a.operations.Cancel(ctx, in.Operation, actorOf(ctx))
	if err == nil && op.CancelledBy == actorOf(ctx) { // else somebody did it before
		err = a.logOperation(ctx, audit.OperationCancelled, op, op.CancelledBy, a.svc.Now())
	}
	return a.answerOperation(ctx, op, err)
}

func (a *api) retryOperation(ctx context.Context, in *OperationTarget) (*operationOutput, error) {
	if _, err := a.actionable(ctx, in.Operation); err != nil {
		return nil, err
	}
	op, err := a.operations.Retry(ctx, in.Operation, actorOf(ctx))
	if err == nil && !op.Retried.IsZero() { // else nothing had failed
		err = a.logOperation(ctx, audit.OperationRetried, op, op.RetriedBy, op.Retried)
	}
	return a.answerOperation(ctx, op, err)
}

func (a *api) listOperations(ctx context.Context, in *struct{ Paging }) (*pageOutput[OperationPage], error) {
	page, err := a.operations.Operations(ctx, bulk.Query{Limit: min(in.Limit, 100), Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	return &pageOutput[OperationPage]{
		Link: in.next("/v1/operations", url.Values{}, page.Cursor),
		Body: OperationPage{documents(page.Operations, a.listedOperation), page.Cursor},
	}, nil
}
