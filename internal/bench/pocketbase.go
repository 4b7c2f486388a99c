package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/pocketbase/pocketbase/core"
)

// pocketBase is PocketBase as a Go module, behind its own API. Its relation cascades when a customer is deleted. It has
// no soft delete, so this uses a date on the customer and a rule that hides the records by it: one write for any number
// of records.
type pocketBase struct {
	size size
	dir  string
	app  *core.BaseApp
	api  client
	last string // when the customer before the page in the middle was created
}

func newPocketBase(s size, dir string) *pocketBase { return &pocketBase{size: s, dir: dir} }

func (p *pocketBase) name() string { return "PocketBase" }

func (p *pocketBase) about() string {
	return versionOf("github.com/pocketbase/pocketbase") + ", its API in this process. Soft delete is a date on the customer and a rule by which its " +
		"records are hidden; many are one request to /api/batch. A purge is a relation with cascadeDelete."
}

func (p *pocketBase) close() {
	if p.app != nil {
		_ = p.app.ResetBootstrapState() // closes the files, which are gone in a moment
	}
}

func (p *pocketBase) steps() map[step]func(context.Context, *laps) error {
	return map[step]func(context.Context, *laps) error{
		deleteAndRestore: p.deleteAndRestore,
		readPages:        p.readPages,
		deleteCrowd:      p.deleteCrowd,
		purgeCrowd:       p.purgeCrowd,
		purgeHeavy:       p.purgeHeavy,
	}
}

const (
	customersURL = "/api/collections/customers/records"
	heavyURL     = customersURL + "/" + pocketHeavy
	notDeleted   = `deleted = ""`
	isDeleted    = `deleted != ""`
)

// deletion is the change that deletes a customer, restoration the change that restores it.
func deletion() map[string]any {
	return map[string]any{"deleted": time.Now().UTC(), "deletedBy": "bench"}
}

func restoration() map[string]any { return map[string]any{"deleted": "", "deletedBy": ""} }

func (p *pocketBase) deleteAndRestore(ctx context.Context, took *laps) error {
	err := repeat(func() error {
		start := time.Now()
		if err := p.api.call(ctx, http.MethodPatch, heavyURL, deletion(), nil); err != nil {
			return err
		}
		took.since(start, softDelete)
		start = time.Now()
		if err := p.api.call(ctx, http.MethodPatch, heavyURL, restoration(), nil); err != nil {
			return err
		}
		took.since(start, restore)
		return nil
	})
	if err != nil {
		return err
	}
	return p.hidden(ctx)
}

// hidden checks that the rule hides the records of a deleted customer, and of no other.
func (p *pocketBase) hidden(ctx context.Context) error {
	if err := p.visible(ctx, 1); err != nil {
		return err
	}
	if err := p.api.call(ctx, http.MethodPatch, heavyURL, deletion(), nil); err != nil {
		return err
	}
	if err := p.visible(ctx, 0); err != nil {
		return err
	}
	return p.api.call(ctx, http.MethodPatch, heavyURL, restoration(), nil)
}

// visible checks how many records of the heavy customer can be listed.
func (p *pocketBase) visible(ctx context.Context, want int) error {
	query := url.Values{"perPage": {"1"}, "skipTotal": {"1"}, "filter": {fmt.Sprintf("customer = %q", pocketHeavy)}}
	var page pocketPage
	if err := p.api.call(ctx, http.MethodGet, "/api/collections/records/records?"+query.Encode(), nil, &page); err != nil {
		return err
	}
	return expect("visible records", len(page.Items), want)
}

// records checks that a purge removed all records that it should.
func (p *pocketBase) records(want int) error {
	n, err := p.app.CountRecords("records")
	if err != nil {
		return err
	}
	return expect("records", int(n), want)
}

// pocketPage is one page of a list.
type pocketPage struct {
	Items []struct{ ID, Created string }
}

// list reads a page without the total, as PocketBase advises.
func (p *pocketBase) list(ctx context.Context, filter string, number, perPage int, fields string) (pocketPage, error) {
	query := url.Values{
		"filter": {filter}, "sort": {"-created"}, "skipTotal": {"1"},
		"page": {fmt.Sprint(number)}, "perPage": {fmt.Sprint(perPage)}, "fields": {fields},
	}
	var page pocketPage
	err := p.api.call(ctx, http.MethodGet, customersURL+"?"+query.Encode(), nil, &page)
	return page, err
}

func (p *pocketBase) readPages(ctx context.Context, took *laps) error {
	read := func(t task, filter string, number int) error {
		start := time.Now()
		page, err := p.list(ctx, filter, number, pageSize, "")
		if err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
		took.since(start, t)
		return expect("customers of a page", len(page.Items), pageSize)
	}
	return repeat(func() error {
		if err := read(firstPage, notDeleted, 1); err != nil {
			return err
		}
		if err := read(farPage, notDeleted, p.size.farPage()); err != nil {
			return err
		}
		return read(farPageKeyset, notDeleted+fmt.Sprintf(` && created < %q`, p.last), 1)
	})
}

// batch sends many requests as one, which PocketBase runs in one transaction.
func (p *pocketBase) batch(ctx context.Context, method, filter string, body map[string]any) error {
	crowd, err := p.list(ctx, filter, 1, p.size.Crowd, "id")
	if err != nil {
		return err
	}
	requests := make([]map[string]any, len(crowd.Items))
	for i, c := range crowd.Items {
		requests[i] = map[string]any{"method": method, "url": customersURL + "/" + c.ID, "body": body}
	}
	if err := p.api.call(ctx, http.MethodPost, "/api/batch", map[string]any{"requests": requests}, nil); err != nil {
		return err
	}
	return expect("customers of a batch", len(requests), p.size.Crowd)
}

const theCrowd = `organisation ~ "Crowd %"`

func (p *pocketBase) deleteCrowd(ctx context.Context, took *laps) error {
	start := time.Now()
	if err := p.batch(ctx, http.MethodPatch, notDeleted+" && "+theCrowd, deletion()); err != nil {
		return err
	}
	took.since(start, accepted, deleted)
	if err := p.batch(ctx, http.MethodPatch, isDeleted, restoration()); err != nil {
		return err
	}
	start = time.Now()
	if err := p.moveCrowd(ctx, "{:at}", `deleted = ''`); err != nil {
		return err
	}
	took.since(start, deletedSQL)
	return p.moveCrowd(ctx, "''", `deleted != ''`)
}

// moveCrowd changes the crowd by SQL, past PocketBase's hooks, rules and subscriptions.
func (p *pocketBase) moveCrowd(ctx context.Context, to, from string) error {
	return p.exec(ctx, p.size.Crowd, `UPDATE customers SET deleted = `+to+` WHERE organisation LIKE 'Crowd %' AND `+from,
		map[string]any{"at": time.Now().UTC().Format("2006-01-02 15:04:05.000Z")})
}

func (p *pocketBase) purgeCrowd(ctx context.Context, took *laps) error {
	if err := p.moveCrowd(ctx, "{:at}", `deleted = ''`); err != nil {
		return err
	}
	start := time.Now()
	if err := p.batch(ctx, http.MethodDelete, isDeleted, nil); err != nil {
		return err
	}
	took.since(start, purgeAccepted, purgedCrowd)
	if err := p.records(p.size.Heavy); err != nil {
		return err
	}
	return p.addCrowd(ctx)
}

func (p *pocketBase) purgeHeavy(ctx context.Context, took *laps) error {
	if err := p.api.call(ctx, http.MethodPatch, heavyURL, deletion(), nil); err != nil {
		return err
	}
	start := time.Now()
	if err := p.api.call(ctx, http.MethodDelete, heavyURL, nil, nil); err != nil {
		return err
	}
	took.since(start, purgedHeavy)
	if err := p.records(p.size.Crowd * p.size.Each); err != nil {
		return err
	}
	return p.addHeavy(ctx)
}
