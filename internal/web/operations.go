package web

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/operations"
)

func (a *api) operationRoutes() {
	register(a, operation{
		id: "create-operation", method: http.MethodPost, path: "/v1/operations", tag: "Operations", status: http.StatusAccepted,
		summary:     "Plan something for many customers",
		description: "Freezes the customers that the selection selects now, and foresees what the action means for each. Nothing is done to them until the plan is applied by its digest; block, unblock and undo apply themselves. A large selection is planned in the background: ask the Location until the state is READY.",
		refusals:    []*problemType{badKey, keyReused, operationRunning}, request: exampleNewOperation, response: examplePlanned, maxBody: 512 << 10,
	}, a.createOperation)
	register(a, operation{
		id: "list-operations", method: http.MethodGet, path: "/v1/operations", tag: "Operations",
		summary:     "List operations",
		description: "Newest first, as long as the audit log is kept. Those under way are listed without their progress.",
		refusals:    []*problemType{badCursor}, response: exampleOperationPage,
	}, a.listOperations)
	register(a, operation{
		id: "get-operation", method: http.MethodGet, path: "/v1/operations/{operation}", tag: "Operations",
		summary:     "Show an operation",
		description: "Its impact while it waits to be applied, its progress while it runs, its result when it has ended.",
		refusals:    []*problemType{noOperation}, response: exampleEnded,
	}, a.showOperation)
	register(a, operation{
		id: "apply-operation", method: http.MethodPost, path: "/v1/operations/{operation}/apply", tag: "Operations", status: http.StatusAccepted,
		summary:     "Apply a plan",
		description: "Does what was planned, to those it was planned for and nobody else. Who has changed since is left alone and reported. It goes by the settings of the plan: PLAN_STALE when what they say of the action has changed since, and once it is applied whatever they become. Applying a plan again changes nothing.",
		refusals:    []*problemType{noOperation, planning, planExpired, planStale, planOutdated, planRefused, unacknowledged, operationRunning, ended},
		request:     exampleApproval, response: examplePlanned,
	}, a.applyOperation)
	register(a, operation{
		id: "cancel-operation", method: http.MethodPost, path: "/v1/operations/{operation}/cancel", tag: "Operations",
		summary:     "Cancel an operation",
		description: "No request for further customers begins later than two seconds after the answer. The state is CANCELLING until the last worker has stopped, within seconds unless one has died; then it is CANCELLED, and progress.left stays as it is. What was done stays done, and a purge that has begun comes to its end.",
		refusals:    []*problemType{noOperation, operationRunning, ended}, response: exampleEnded,
	}, a.cancelOperation)
	register(a, operation{
		id: "retry-operation", method: http.MethodPost, path: "/v1/operations/{operation}/retry", tag: "Operations", status: http.StatusAccepted,
		summary:     "Try again what failed",
		description: "Only what failed: neither what was done nor what was left alone is touched again. It goes by the settings of the plan, and is refused when they have changed since.",
		refusals:    []*problemType{noOperation, operationRunning, planOutdated, ended}, response: examplePlanned,
	}, a.retryOperation)
	register(a, operation{
		id: "list-operation-items", method: http.MethodGet, path: "/v1/operations/{operation}/items", tag: "Operations",
		summary:     "List what became of each customer",
		description: "In the order in which they were frozen. Kept as long as the audit log, without personal data. The code INTERRUPTED is of a cancelled operation: a worker died, or a request had no answer, and only the customer tells whether it was done. undo counts it in.",
		refusals:    []*problemType{noOperation, badCursor}, response: exampleItemPage,
	}, a.listItems)
	register(a, operation{
		id: "export-operation-items", method: http.MethodGet, path: "/v1/operations/{operation}/items.csv", tag: "Operations",
		summary:     "What became of each customer, as CSV",
		description: "Up to 50,000 lines, or fewer of long ids; the Link header leads to the next part, which has the header line again. An id that begins with a hyphen has an apostrophe before it, so that no spreadsheet takes it for a formula.",
		refusals:    []*problemType{noOperation, badCursor}, produces: "text/csv", response: exampleItemsCSV,
	}, a.exportItems)
}

// NewOperation is something to be done to many customers.
type NewOperation struct {
	Action    string    `json:"action" enum:"delete,restore,purge,block,unblock,redate,undo,replay,fsck" doc:"redate gives customers in the trash the purge times that the retention in force means for them. undo restores what an operation deleted, as far as it is still so. replay purges again, after a backup was restored, whom the ledger says to be gone: with the selection ledger, and no other. fsck checks the raw tables while it is planned: its items are what no rule allows. Applied, it repairs what is still so and can be repaired."`
	Selection Selection `json:"selection" doc:"Exactly one of ids, filter, trash, operation, ledger and tables."`
	Notice    string    `json:"notice,omitempty" maxLength:"40" doc:"With redate: nobody is purged earlier than this after the plan is applied, who would not have been anyhow; P1D if left out. PT0S gives no notice." example:"P1D"`
	Reason
}

// Selection says which customers.
type Selection struct {
	IDs       []string `json:"ids,omitempty" maxItems:"5000" doc:"Of customers. None means nobody."`
	Filter    *Filter  `json:"filter,omitempty" doc:"All customers that match, also those on no page that anybody has seen."`
	Trash     bool     `json:"trash,omitempty" doc:"Everybody in the trash."`
	Tables    bool     `json:"tables,omitempty" doc:"With fsck, and no other action: all that is in the tables."`
	Operation string   `json:"operation,omitempty" maxLength:"64" doc:"Those that this operation was done to."`
	Ledger    bool     `json:"ledger,omitempty" doc:"With replay: everybody who is there though the ledger has a certificate of their purge."`
	Exclude   []string `json:"exclude,omitempty" maxItems:"1000" doc:"Ids to leave out of the filter or the trash. Each must be of a customer that these select when the operation is created: INVALID names the others, by index and id. A customer that the search does not find fails the planning, and why names it. A customer that leaves the selection after that is left out all the same."`
}

// Filter selects customers that match all of it. An empty one is refused.
type Filter struct {
	State   string `json:"state,omitempty" enum:"active,deleted" doc:"active if left out. Alone, it selects all customers in that state."`
	Search  string `json:"search,omitempty" maxLength:"400" doc:"As in POST /v1/customers/search."`
	Blocked *bool  `json:"blocked,omitempty"`
}

func (n NewOperation) request() (operations.Request, error) {
	r := operations.Request{Action: n.Action, Notice: customer.PeriodOf(operations.Notice), Selection: operations.Selection{
		IDs: n.Selection.IDs, Trash: n.Selection.Trash, Operation: n.Selection.Operation, Ledger: n.Selection.Ledger, Tables: n.Selection.Tables,
		Exclude: n.Selection.Exclude,
	}}
	if f := n.Selection.Filter; f != nil {
		r.Selection.Filter = &operations.Filter{State: customer.State(f.State), Search: f.Search, Blocked: f.Blocked}
	}
	if n.Notice == "" {
		return r, nil
	}
	var err error
	r.Notice, err = period("notice", n.Notice)
	return r, err
}

// Approval applies a plan.
type Approval struct {
	Digest       string `json:"digest" maxLength:"64" doc:"Of the plan that you have seen."`
	Acknowledged bool   `json:"acknowledged" doc:"true: you understand the consequences."`
	OnBlocked    string `json:"onBlocked,omitempty" enum:"skip,fail" doc:"skip (if left out) leaves alone whom the rules refuse; fail applies nothing unless all can be done."`
}

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

// Usage is what an operation costs.
type Usage struct {
	Requests   int     `json:"requests"`
	WriteUnits float64 `json:"writeUnits"`
	ReadUnits  float64 `json:"readUnits"`
	Dollars    float64 `json:"dollars" doc:"At the on-demand prices of us-east-1; the price list of your region counts."`
	Seconds    int     `json:"seconds,omitempty" doc:"Estimated at the pace at which a worker begins: the table may bear more, and several work at once. Actual: from being applied to the end."`
}

// ItemLinks lead to what became of each customer.
type ItemLinks struct {
	Items string `json:"items" format:"uri-reference"`
	CSV   string `json:"csv" format:"uri-reference"`
}

// OperationPage is a page of operations.
type OperationPage struct {
	Operations []Operation `json:"operations"`
	NextCursor string      `json:"nextCursor,omitempty"`
}

// Item is what became of one customer.
type Item struct {
	Customer string `json:"customer" example:"ALFKI"`
	Outcome  string `json:"outcome" enum:"done,skipped,failed,left"`
	Code     string `json:"code,omitempty" example:"ON_HOLD"`
	Finding  string `json:"finding,omitempty" example:"COUNT_MISMATCH" doc:"With fsck: the rule that is broken. Where it is about no customer, the key of the item stands in place of one."`
}

// ItemPage is a page of what became of customers.
type ItemPage struct {
	Items      []Item `json:"items"`
	NextCursor string `json:"nextCursor,omitempty"`
}

// The on-demand prices of us-east-1 by a million units, in dollars, and the write units a second at which
// the table's pace begins. https://aws.amazon.com/dynamodb/pricing/on-demand/
const (
	writePrice = 0.625
	readPrice  = 0.125
	startPace  = 1000
)

func usageOf(u bulk.Usage) Usage {
	return Usage{
		Requests: u.Requests, WriteUnits: u.WriteUnits, ReadUnits: u.ReadUnits,
		Dollars: (u.WriteUnits*writePrice + u.ReadUnits*readPrice) / 1e6,
	}
}

func estimateOf(u bulk.Usage) Usage {
	doc := usageOf(u)
	doc.Seconds = int(math.Ceil(u.WriteUnits / startPace))
	return doc
}

func actualOf(op bulk.Operation, u bulk.Usage) Usage {
	doc := usageOf(u)
	if !op.Applied.IsZero() && !op.Ended.IsZero() {
		doc.Seconds = int(math.Ceil(op.Ended.Sub(op.Applied).Seconds()))
	}
	return doc
}

func operationPath(id string) string { return "/v1/operations/" + id }

func (a *api) operation(ctx context.Context, op bulk.Operation) (Operation, error) {
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

type operationOutput struct {
	Location   string `header:"Location" doc:"The address of the operation."`
	RetryAfter int    `header:"Retry-After" doc:"Seconds after which to look there."`
	Body       Operation
}

func (a *api) answerOperation(ctx context.Context, op bulk.Operation, err error) (*operationOutput, error) {
	if err != nil {
		return nil, err
	}
	doc, err := a.operation(ctx, op)
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

// Outcomes narrows items down to those with an outcome.
type Outcomes struct {
	Outcome string `query:"outcome" enum:"done,skipped,failed,left" doc:"Only those with this outcome; all if left out."`
}

func (o Outcomes) query() url.Values {
	if o.Outcome == "" {
		return url.Values{}
	}
	return url.Values{"outcome": {o.Outcome}}
}

const left = "left" // what outcomes that are not there yet are called

func (o Outcomes) of(limit int, cursor string) bulk.ItemQuery {
	q := bulk.ItemQuery{Result: bulk.Result(o.Outcome), Limit: limit, Cursor: cursor}
	if o.Outcome == left {
		q.Result, q.Left = bulk.OutcomeUndecided, true
	}
	return q
}

type itemsInput struct {
	OperationTarget
	Outcomes
	Paging
}

type itemPageOutput struct {
	Link string `header:"Link" doc:"The next page."`
	Body ItemPage
}

func (a *api) listItems(ctx context.Context, in *itemsInput) (*itemPageOutput, error) {
	op, page, err := a.items(ctx, in.Operation, in.of(in.Limit, in.Cursor))
	if err != nil {
		return nil, err
	}
	return &itemPageOutput{
		Link: in.next(operationPath(in.Operation)+"/items", in.query(), page.Cursor),
		Body: ItemPage{documents(page.Items, itemOf(op)), page.Cursor},
	}, nil
}

func (a *api) items(ctx context.Context, id string, q bulk.ItemQuery) (bulk.Operation, bulk.ItemPage, error) {
	op, err := a.operations.Operation(ctx, id)
	if err != nil {
		return op, bulk.ItemPage{}, err
	}
	page, err := a.operations.Items(ctx, op, q)
	return op, page, err
}

func itemOf(op bulk.Operation) func(bulk.Item) Item {
	return func(i bulk.Item) Item {
		doc := Item{Customer: i.Subject, Outcome: string(i.Outcome.Result), Code: i.Outcome.Code, Finding: operations.RuleOf(op, i)}
		if doc.Outcome == "" {
			doc.Outcome = left
		}
		return doc
	}
}

// exportIDs is how many bytes of ids a part of the file has: with all else of 50,000 lines, less than
// the 6 MB that Lambda answers.
const exportIDs = 2 << 20

type exportItemsInput struct {
	OperationTarget
	Outcomes
	Lines  int    `query:"lines" default:"50000" minimum:"1" maximum:"50000" doc:"How many lines at most."`
	Cursor string `query:"cursor" maxLength:"2000" doc:"From the Link header of the part before; leave it out for the first."`
}

// next is the Link header that leads to the next part.
func (in exportItemsInput) next(cursor string) string {
	if cursor == "" {
		return ""
	}
	query := in.query()
	query.Set("lines", strconv.Itoa(in.Lines))
	query.Set("cursor", cursor)
	return fmt.Sprintf(`<%s/items.csv?%s>; rel="next"`, operationPath(in.Operation), query.Encode())
}

// cell is an id as no spreadsheet takes it for a formula: of the characters that begin one, only
// a hyphen begins an id. Nothing else in the file begins with any.
func cell(id string) string {
	if strings.HasPrefix(id, "-") {
		return "'" + id
	}
	return id
}

type exportItemsOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Link        string `header:"Link" doc:"The next part."`
	Body        []byte
}

func (a *api) exportItems(ctx context.Context, in *exportItemsInput) (*exportItemsOutput, error) {
	q := in.of(in.Lines, in.Cursor)
	q.Bytes = exportIDs
	op, page, err := a.items(ctx, in.Operation, q)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	header := []string{"customer", "outcome", "code"}
	if op.Action == operations.Fsck {
		header = append(header, "finding")
	}
	_ = w.Write(header) // to memory
	for _, i := range page.Items {
		doc := itemOf(op)(i)
		line := []string{cell(doc.Customer), doc.Outcome, doc.Code, doc.Finding}
		_ = w.Write(line[:len(header)])
	}
	w.Flush()
	return &exportItemsOutput{
		ContentType: "text/csv; charset=utf-8", Disposition: `attachment; filename="operation-` + in.Operation + `.csv"`,
		Link: in.next(page.Cursor), Body: b.Bytes(),
	}, nil
}
