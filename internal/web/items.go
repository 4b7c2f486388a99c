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
		summary:     "List what became of each customer",
		description: "In the order in which they were frozen. Kept as long as the audit log, without personal data. The code INTERRUPTED is of a cancelled operation: a worker died, or a request had no answer, and only the customer tells whether it was done. undo counts it in.",
		refusals:    []*problemType{noOperation, badCursor}, response: exampleItemPage,
	}, a.listItems)
	register(a, route{
		id: "export-operation-items", method: http.MethodGet, path: "/v1/operations/{operation}/items.csv", tag: "Operations",
		summary:     "What became of each customer, as CSV",
		description: "Up to 50,000 lines, or fewer of long ids; the Link header leads to the next part, which has the header line again. An id that begins with a hyphen has an apostrophe before it, so that no spreadsheet takes it for a formula.",
		refusals:    []*problemType{noOperation, badCursor}, produces: "text/csv", response: exampleItemsCSV,
	}, a.exportItems)
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
