package web

import (
	"context"
	"net/http"
	"net/url"

	"lethe/internal/customer"
)

func (a *api) customerRoutes() {
	register(a, route{
		id: "create-customer", method: http.MethodPost, path: "/v1/customers", tag: "Customers", status: http.StatusCreated,
		summary:     "Add a customer",
		description: "Adds an organisation or a person. If id is left out, Lethe makes one. An id is never used again, not even after a purge.",
		refusals:    []*problemType{exists, emailTaken, purged, purgeStarted, badKey, keyReused},
		request:     exampleNewCustomer, response: exampleCustomer,
	}, a.create)
	register(a, route{
		id: "list-customers", method: http.MethodGet, path: "/v1/customers", tag: "Customers",
		summary:     "List customers",
		description: "Active customers are listed newest first, deleted ones by purge time, soonest first, without created and the reason in words. A change appears in the list after a moment. To search, use POST /v1/customers/search: search words are personal data, and do not belong in a URL.",
		refusals:    []*problemType{badCursor}, response: exampleCustomerPage,
	}, a.list)
	register(a, route{
		id: "search-customers", method: http.MethodPost, path: "/v1/customers/search", tag: "Customers",
		summary:     "Search customers",
		description: "Each word of the search must be the beginning of a word in the names, organisation, e-mail address or phone number of a customer. Case and accents make no difference. A whole e-mail address finds its customer. A phone number is found in every spelling, by each group of its digits, and by its last four or more digits. For the next page, send the same body with nextCursor as cursor.",
		refusals:    []*problemType{badCursor}, request: exampleSearch, response: exampleCustomerPage,
	}, a.search)
	register(a, route{
		id: "get-customer", method: http.MethodGet, path: "/v1/customers/{id}", tag: "Customers",
		summary:     "Show a customer",
		description: "Shows an active or a deleted customer. Send the ETag as If-Match with a change, and the change is refused if the customer has changed since.",
		refusals:    []*problemType{notFound, purged}, response: exampleCustomer,
	}, a.show)
	register(a, route{
		id: "update-customer", method: http.MethodPatch, path: "/v1/customers/{id}", tag: "Customers",
		summary:     "Change a customer",
		description: "The body is a JSON Merge Patch (RFC 7396): a field that is left out does not change, null clears it, and consents are merged by name.",
		refusals:    []*problemType{notFound, purged, inTrash, purgeStarted, emailTaken, versionMismatch, badIfMatch},
		request:     examplePatch, response: exampleCustomer,
	}, a.update)
}

// NewCustomer is a customer to add.
type NewCustomer struct {
	ID string `json:"id,omitempty" maxLength:"128" pattern:"^([A-Za-z0-9_-][A-Za-z0-9._:|@+=-]{0,127})?$" patternDescription:"up to 128 letters, digits and . _ - : | @ + =, the first a letter, a digit, _ or -" doc:"If left out, Lethe makes one. The id is in URLs, logs and certificates, and stays in the ledger for ever, even after the purge. Do not use a name, an e-mail address or other personal data as id." example:"ALFKI"`
	Profile
}

type createInput struct {
	Idempotent
	Body NewCustomer
}

type createdOutput struct {
	Location string `header:"Location" doc:"The path of the customer."`
	ETag     string `header:"ETag" doc:"The version, for If-Match."`
	Replayable
	Body Customer
}

type customerOutput struct {
	ETag string `header:"ETag" doc:"The version, for If-Match."`
	Replayable
	Body Customer
}

func (a *api) create(ctx context.Context, in *createInput) (*createdOutput, error) {
	ch, err := changeOnce(ctx, Reason{}, in.Idempotent)
	if err != nil {
		return nil, err
	}
	c, err := a.svc.Create(ctx, in.Body.ID, in.Body.profile(), ch)
	out, err := a.answerCustomer(ctx, c, err)
	if err != nil {
		return nil, err
	}
	if out.Replayed != "" { // the request has the same profile as the first one
		p := in.Body.profile().Normalise()
		out.Body.Profile, out.Body.Unsearchable = profileOf(p), customer.Unsearchable(p)
	}
	return &createdOutput{Location: customerPath(out.Body.ID), ETag: out.ETag, Replayable: out.Replayable, Body: out.Body}, nil
}

type listInput struct {
	State string `query:"state" enum:"active,deleted" default:"active" doc:"active, or deleted for the trash."`
	Paging
}

// CustomerPage is a page of a list of customers.
type CustomerPage struct {
	Customers  []ListedCustomer `json:"customers"`
	NextCursor string           `json:"nextCursor,omitempty" doc:"Absent on the last page."`
}

func (a *api) list(ctx context.Context, in *listInput) (*pageOutput[CustomerPage], error) {
	page, err := a.svc.Customers(ctx, customer.Query{State: customer.State(in.State), Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	return &pageOutput[CustomerPage]{
		Link: in.next("/v1/customers", url.Values{"state": {in.State}}, page.Cursor),
		Body: a.customerPage(page),
	}, nil
}

func (a *api) customerPage(page customer.Page) CustomerPage {
	return CustomerPage{Customers: documents(page.Customers, a.listed), NextCursor: page.Cursor}
}

// Search is a search for customers.
type Search struct {
	Search string `json:"search" minLength:"1" maxLength:"400" doc:"Words or beginnings of words. Each has at least two characters; in Chinese, Japanese, Korean, Thai, Lao, Khmer and Burmese, one." example:"alfreds mar"`
	State  string `json:"state,omitempty" enum:"active,deleted" default:"active" doc:"The state of the customers to find."`
	Limit  int    `json:"limit,omitempty" minimum:"1" maximum:"200" default:"50" doc:"The largest number of customers in the answer."`
	Cursor string `json:"cursor,omitempty" maxLength:"2000" doc:"nextCursor of the previous page. Leave it out for the first page."`
}

type searchInput struct{ Body Search }

func (a *api) search(ctx context.Context, in *searchInput) (*output[CustomerPage], error) {
	page, err := a.svc.Customers(ctx, customer.Query{
		State: customer.State(in.Body.State), Search: in.Body.Search, Limit: in.Body.Limit, Cursor: in.Body.Cursor,
	})
	if err != nil {
		return nil, err
	}
	return &output[CustomerPage]{Body: a.customerPage(page)}, nil
}

type showInput struct{ Target }

func (a *api) show(ctx context.Context, in *showInput) (*customerOutput, error) {
	c, err := a.svc.Get(ctx, in.ID)
	return a.answerCustomer(ctx, c, err)
}

type updateInput struct {
	Target
	Conditional
	Body ProfilePatch `contentType:"application/merge-patch+json"`
}

func (a *api) update(ctx context.Context, in *updateInput) (*customerOutput, error) {
	ch, err := changeIf(ctx, Reason{}, in.Conditional)
	if err != nil {
		return nil, err
	}
	c, err := a.svc.Update(ctx, in.ID, in.Body.apply, ch)
	return a.answerCustomer(ctx, c, err)
}
