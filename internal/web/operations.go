package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

func (a *api) operationRoutes() {
	register(a, route{
		id: "create-operation", method: http.MethodPost, path: "/v1/operations", tag: "Operations", status: http.StatusAccepted,
		summary:     "Plan something for many customers",
		description: "Freezes the customers that the selection selects now, and foresees what the action means for each. Nothing is done to them until the plan is applied by its digest; block, unblock and undo apply themselves. A large selection is planned in the background: ask the Location until the state is READY.",
		refusals:    []*problemType{badKey, keyReused, operationRunning}, request: exampleNewOperation, response: examplePlanned, maxBody: maxOperationBody,
	}, a.createOperation)
	register(a, route{
		id: "list-operations", method: http.MethodGet, path: "/v1/operations", tag: "Operations",
		summary:     "List operations",
		description: "Newest first, as long as the audit log is kept. Those under way are listed without their progress.",
		refusals:    []*problemType{badCursor}, response: exampleOperationPage,
	}, a.listOperations)
	register(a, route{
		id: "get-operation", method: http.MethodGet, path: "/v1/operations/{operation}", tag: "Operations",
		summary:     "Show an operation",
		description: "Its impact while it waits to be applied, its progress while it runs, its result when it has ended.",
		refusals:    []*problemType{noOperation}, response: exampleEnded,
	}, a.showOperation)
	register(a, route{
		id: "apply-operation", method: http.MethodPost, path: "/v1/operations/{operation}/apply", tag: "Operations", status: http.StatusAccepted,
		summary:     "Apply a plan",
		description: "Does what was planned, to those it was planned for and nobody else. Who has changed since is left alone and reported. It goes by the settings of the plan: PLAN_STALE when what they say of the action has changed since, and once it is applied whatever they become. Applying a plan again changes nothing.",
		refusals:    []*problemType{noOperation, planning, planExpired, planStale, planOutdated, planRefused, unacknowledged, operationRunning, ended},
		request:     exampleApproval, response: examplePlanned,
	}, a.applyOperation)
	register(a, route{
		id: "cancel-operation", method: http.MethodPost, path: "/v1/operations/{operation}/cancel", tag: "Operations",
		summary:     "Cancel an operation",
		description: "No request for further customers begins later than two seconds after the answer. The state is CANCELLING until the last worker has stopped, within seconds unless one has died; then it is CANCELLED, and progress.left stays as it is. What was done stays done, and a purge that has begun comes to its end.",
		refusals:    []*problemType{noOperation, operationRunning, ended}, response: exampleEnded,
	}, a.cancelOperation)
	register(a, route{
		id: "retry-operation", method: http.MethodPost, path: "/v1/operations/{operation}/retry", tag: "Operations", status: http.StatusAccepted,
		summary:     "Try again what failed",
		description: "Only what failed: neither what was done nor what was left alone is touched again. It goes by the settings of the plan, and is refused when they have changed since.",
		refusals:    []*problemType{noOperation, operationRunning, planOutdated, ended}, response: examplePlanned,
	}, a.retryOperation)
}

// OperationPage is a page of operations.
type OperationPage struct {
	Operations []Operation `json:"operations"`
	NextCursor string      `json:"nextCursor,omitempty"`
}

type operationOutput struct {
	Location   string `header:"Location" doc:"The address of the operation."`
	RetryAfter int    `header:"Retry-After" doc:"Seconds after which to look there."`
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
	Location   string `header:"Location" doc:"The address of the operation."`
	RetryAfter int    `header:"Retry-After" doc:"Seconds after which to look there."`
	Replayed   string `header:"Idempotency-Replayed" doc:"true: this was done before under the same key."`
	Body       Operation
}

func (a *api) createOperation(ctx context.Context, in *createOperationInput) (*createdOperationOutput, error) {
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
	out, err := a.answerOperation(ctx, op, err)
	if err != nil {
		return nil, err
	}
	return &createdOperationOutput{out.Location, out.RetryAfter, replayed, out.Body}, nil
}

// operationID is how much of the hash of an idempotency key makes an operation's id.
const operationID = 32

// OperationTarget is the operation that a path names.
type OperationTarget struct {
	Operation string `path:"operation" pattern:"^[a-z0-9]{26,32}$" patternDescription:"the id of an operation" doc:"The operation's id." example:"x4k2qdcl6rnhsyjc7bqzv5mtge"`
}

func (a *api) showOperation(ctx context.Context, in *OperationTarget) (*operationOutput, error) {
	op, err := a.operations.Operation(ctx, in.Operation)
	return a.answerOperation(ctx, op, err)
}

type applyInput struct {
	OperationTarget
	Body Approval
}

func (a *api) applyOperation(ctx context.Context, in *applyInput) (*operationOutput, error) {
	op, err := a.operations.Apply(ctx, in.Operation, bulk.Approval{
		Digest: in.Body.Digest, Acknowledged: in.Body.Acknowledged, OnRefused: bulk.OnRefused(in.Body.OnBlocked), By: actorOf(ctx),
	})
	return a.answerOperation(ctx, op, err)
}

func (a *api) cancelOperation(ctx context.Context, in *OperationTarget) (*operationOutput, error) {
	op, err := a.operations.Cancel(ctx, in.Operation, actorOf(ctx))
	return a.answerOperation(ctx, op, err)
}

func (a *api) retryOperation(ctx context.Context, in *OperationTarget) (*operationOutput, error) {
	op, err := a.operations.Retry(ctx, in.Operation, actorOf(ctx))
	return a.answerOperation(ctx, op, err)
}

type operationPageOutput struct {
	Link string `header:"Link" doc:"The next page."`
	Body OperationPage
}

func (a *api) listOperations(ctx context.Context, in *struct{ Paging }) (*operationPageOutput, error) {
	page, err := a.operations.Operations(ctx, bulk.Query{Limit: min(in.Limit, 100), Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	return &operationPageOutput{
		Link: in.next("/v1/operations", url.Values{}, page.Cursor),
		Body: OperationPage{documents(page.Operations, a.listedOperation), page.Cursor},
	}, nil
}
