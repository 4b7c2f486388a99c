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
		description: "Adds an organisation or a person. Without an id one is made. An id is never used twice, also not after a purge.",
		refusals:    []*problemType{exists, emailTaken, purged, purgeStarted, badKey, keyReused},
		request:     exampleNewCustomer, response: exampleCustomer,
	}, a.create)
	register(a, route{
		id: "list-customers", method: http.MethodGet, path: "/v1/customers", tag: "Customers",
		summary:     "List customers",
		description: "Newest first while active; in the trash by the time of their purge, soonest first. The list may lag changes by a moment. To search, use POST /v1/customers/search: what people search for is personal, and has no place in an address.",
		refusals:    []*problemType{badCursor}, response: exampleCustomerPage,
	}, a.list)
	register(a, route{
		id: "search-customers", method: http.MethodPost, path: "/v1/customers/search", tag: "Customers",
		summary:     "Search customers",
		description: "Finds customers whose names, organisation, e-mail address and phone number have, for each word of the search, a word that begins with it. Case and accents make no difference. A whole e-mail address finds whose it is, a phone number is found however it is written, by each group of its digits, and by its last four or more. The next page is asked for with the same body and its nextCursor.",
		refusals:    []*problemType{badCursor}, request: exampleSearch, response: exampleCustomerPage,
	}, a.search)
	register(a, route{
		id: "get-customer", method: http.MethodGet, path: "/v1/customers/{id}", tag: "Customers",
		summary:     "Show a customer",
		description: "Also one in the trash, with its deletion. Its ETag binds changes to what you have read.",
		refusals:    []*problemType{notFound, purged}, response: exampleCustomer,
	}, a.show)
	register(a, route{
		id: "update-customer", method: http.MethodPatch, path: "/v1/customers/{id}", tag: "Customers",
		summary:     "Change a customer",
		description: "A JSON Merge Patch (RFC 7396): members that are left out stay as they are, null clears one, and consents are merged name by name.",
		refusals:    []*problemType{notFound, purged, inTrash, purgeStarted, emailTaken, versionMismatch, badIfMatch},
		request:     examplePatch, response: exampleCustomer,
	}, a.update)
}

// NewCustomer is a customer to be.
type NewCustomer struct {
	ID string `json:"id,omitempty" maxLength:"128" pattern:"^([A-Za-z0-9_-][A-Za-z0-9._:|@+=-]{0,127})?$" patternDescription:"up to 128 letters, digits and . _ - : | @ + =, the first a letter, a digit, _ or -" doc:"Leave it out to have one made. It stays in the ledger for ever, also when its customer is purged, and it stands in addresses and logs: don't make it of a name, an e-mail address or anything else that tells of a person." example:"ALFKI"`
	Profile
}

type createInput struct {
	Idempotent
	Body NewCustomer
}

type createdOutput struct {
	Location string `header:"Location" doc:"The address of what was added."`
	ETag     string `header:"ETag" doc:"The version, for If-Match."`
	Replayed string `header:"Idempotency-Replayed" doc:"true: this was done before under the same key."`
	Body     Customer
}

type customerOutput struct {
	ETag     string `header:"ETag" doc:"The version, for If-Match."`
	Replayed string `header:"Idempotency-Replayed" doc:"true: this was done before under the same key."`
	Body     Customer
}

func (a *api) create(ctx context.Context, in *createInput) (*createdOutput, error) {
	ch, err := changeOnce(ctx, Reason{}, in.Idempotent)
	if err != nil {
		return nil, err
	}
	c, err := a.svc.Create(ctx, in.Body.ID, in.Body.profile(), ch)
	out, err := a.changed(ctx, c, err)
	if err != nil {
		return nil, err
	}
	if out.Replayed != "" { // it is the same request
		p := in.Body.profile().Normalise()
		out.Body.Profile, out.Body.Unsearchable = profileOf(p), customer.Unsearchable(p)
	}
	return &createdOutput{Location: customerPath(out.Body.ID), ETag: out.ETag, Replayed: out.Replayed, Body: out.Body}, nil
}

type listInput struct {
	State string `query:"state" enum:"active,deleted" default:"active" doc:"Which list: those in use, or the trash."`
	Paging
}

// CustomerPage is a page of a list of customers.
type CustomerPage struct {
	Customers  []ListedCustomer `json:"customers"`
	NextCursor string           `json:"nextCursor,omitempty" doc:"Absent on the last page."`
}

type customerPageOutput struct {
	Link string `header:"Link" doc:"The next page, as rel=next."`
	Body CustomerPage
}

func (a *api) list(ctx context.Context, in *listInput) (*customerPageOutput, error) {
	page, err := a.svc.Customers(ctx, customer.Query{State: customer.State(in.State), Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	return &customerPageOutput{
		Link: in.next("/v1/customers", url.Values{"state": {in.State}}, page.Cursor),
		Body: a.page(page),
	}, nil
}

func (a *api) page(page customer.Page) CustomerPage {
	return CustomerPage{Customers: documents(page.Customers, a.listed), NextCursor: page.Cursor}
}

// Search asks for a page of the customers that words lead to.
type Search struct {
	Search string `json:"search" minLength:"1" maxLength:"400" doc:"Words, or beginnings of words: of at least two characters, or one in Chinese, Japanese, Korean, Thai, Lao, Khmer and Burmese." example:"alfreds mar"`
	State  string `json:"state,omitempty" enum:"active,deleted" default:"active"`
	Limit  int    `json:"limit,omitempty" minimum:"1" maximum:"200" default:"50"`
	Cursor string `json:"cursor,omitempty" maxLength:"2000"`
}

type searchInput struct{ Body Search }

type searchOutput struct{ Body CustomerPage }

func (a *api) search(ctx context.Context, in *searchInput) (*searchOutput, error) {
	page, err := a.svc.Customers(ctx, customer.Query{
		State: customer.State(in.Body.State), Search: in.Body.Search, Limit: in.Body.Limit, Cursor: in.Body.Cursor,
	})
	if err != nil {
		return nil, err
	}
	return &searchOutput{Body: a.page(page)}, nil
}

type showInput struct{ Target }

func (a *api) show(ctx context.Context, in *showInput) (*customerOutput, error) {
	c, err := a.svc.Get(ctx, in.ID)
	return a.changed(ctx, c, err)
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
	return a.changed(ctx, c, err)
}
