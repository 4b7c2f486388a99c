package web

import (
	"context"
	"net/http"
	"net/url"

	"lethe/internal/bulk"
	"lethe/internal/operations"
)

func (a *api) itemRoutes() {
	register(a, route{
		id: "list-operation-items", method: http.MethodGet, path: "/v1/operations/{operation}/items", tag: "Operations",
		summary:     "List the outcome for each customer",
		description: "In the order of the plan. The outcomes have no personal data and are kept as long as the audit log. In a cancelled operation, the code INTERRUPTED means that a worker died or a request had no answer: read the customer to see whether it was changed. undo includes these customers.",
		refusals:    []*problemType{noOperation, badCursor}, response: exampleItemPage,
	}, a.listItems)
	register(a, route{
		id: "export-operation-items", method: http.MethodGet, path: "/v1/operations/{operation}/items.csv", tag: "Operations",
		summary:     "Export the outcome for each customer as CSV",
		description: "An answer has up to 50,000 lines, or fewer if the ids are long. The Link header leads to the next part, which begins with the header line again. An id that begins with a hyphen has an apostrophe before it, so that no spreadsheet reads it as a formula.",
		refusals:    []*problemType{noOperation, badCursor}, produces: []string{typeCSV}, response: exampleItemsCSV,
	}, a.exportItems)
}

// Item is the outcome for one customer.
type Item struct {
	Customer string `json:"customer" example:"ALFKI"`
	Outcome  string `json:"outcome" enum:"done,skipped,failed,left" doc:"done: the action was applied. skipped: the rules refuse it, or the customer has changed since the plan. failed: it could not be applied, and can be retried. left: not decided."`
	Code     string `json:"code,omitempty" example:"ON_HOLD"`
	Finding  string `json:"finding,omitempty" example:"COUNT_MISMATCH" doc:"With fsck: the broken rule. If the finding belongs to no customer, customer is the key of the item in the table."`
}

// ItemPage is a page of outcomes.
type ItemPage struct {
	Items      []Item `json:"items"`
	NextCursor string `json:"nextCursor,omitempty"`
}

// Outcomes is the parameter that selects items by outcome.
type Outcomes struct {
	Outcome string `query:"outcome" enum:"done,skipped,failed,left" doc:"Only customers with this outcome. If left out, all."`
}

func (o Outcomes) query() url.Values {
	if o.Outcome == "" {
		return url.Values{}
	}
	return url.Values{"outcome": {o.Outcome}}
}

const left = "left" // the outcome of a customer that is not decided

func (o Outcomes) itemQuery(limit int, cursor string) bulk.ItemQuery {
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

func (a *api) listItems(ctx context.Context, in *itemsInput) (*pageOutput[ItemPage], error) {
	op, page, err := a.items(ctx, in.Operation, in.itemQuery(in.Limit, in.Cursor))
	if err != nil {
		return nil, err
	}
	return &pageOutput[ItemPage]{
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
