package conform

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"lethe/internal/customer"
)

func checkRecords(t *testing.T, w World) {
	ctx, c := t.Context(), w.active(t)
	ch := w.change(customer.ActionRecordsAdded)
	all := recordsOf("ticket~1", "ticket~1~line~1", "ticket~1~line~2", "invoice~1", "ticket~9~line~1", "ticket~9~line~1~line~1")
	for range 2 { // the second time because the answer was lost
		results, err := w.AddRecords(ctx, c.ID, all, ch)
		must(t, err)
		same(t, "results", results, []error{nil, nil, nil, nil, customer.ErrNoParent, customer.ErrNoParent})
	}
	want := c
	want.Counts, want.Last = map[string]int64{"ticket": 1, "line": 2, "invoice": 1}, ch
	want.Recent = want.Recent.With(ch.ID)
	same(t, "customer", w.read(t, c.ID), want)
	results, err := w.AddRecords(ctx, c.ID, recordsOf("ticket~1", "ticket~2", "ticket~2"), w.change(customer.ActionRecordsAdded))
	must(t, err)
	same(t, "results", results, []error{customer.ErrExists, nil, customer.ErrExists})
	_, err = w.AddRecords(ctx, "nobody", all, ch)
	refuses(t, err, customer.ErrNotFound)

	r, err := w.Record(ctx, c.ID, all[1].Key)
	must(t, err)
	same(t, "record", r, all[1])
	page, err := w.Records(ctx, customer.RecordQuery{Customer: c.ID, Kind: "line", Limit: 1})
	must(t, err)
	same(t, "page", page.Records, all[1:2])
	page, err = w.Records(ctx, customer.RecordQuery{Customer: c.ID, Kind: "line", Limit: 5, Cursor: page.Cursor})
	must(t, err)
	same(t, "page", page.Records, all[2:3])

	ch = w.change(customer.ActionRecordsRemoved)
	for range 2 {
		must(t, w.RemoveRecord(ctx, c.ID, all[0].Key, ch))
	}
	same(t, "counts", w.read(t, c.ID).Counts, map[string]int64{"ticket": 1, "line": 0, "invoice": 1})
	refuses(t, w.RemoveRecord(ctx, c.ID, all[0].Key, w.change(customer.ActionRecordsRemoved)), customer.ErrNoRecord)
	_, err = w.Record(ctx, c.ID, all[1].Key)
	refuses(t, err, customer.ErrNoRecord)
}

// checkRecordPages reads records so large that a page holds fewer than its limit.
func checkRecordPages(t *testing.T, w World) {
	ctx, c := t.Context(), w.active(t)
	all := recordsOf("ticket~1", "ticket~2", "ticket~3", "ticket~4", "ticket~5", "ticket~6", "ticket~7", "ticket~8", "ticket~9")
	for i := range all {
		all[i].Data = fmt.Appendf(nil, `{"text":%q}`, strings.Repeat("x", customer.MaxPageData/7))
		results, err := w.AddRecords(ctx, c.ID, all[i:i+1], w.change(customer.ActionRecordsAdded))
		must(t, errors.Join(append(results, err)...))
	}
	for _, tt := range []struct {
		kind  string
		limit int
		want  []int
	}{{"", 20, []int{7, 2}}, {"ticket", 20, []int{7, 2}}, {"", 5, []int{5, 4}}} {
		q := customer.RecordQuery{Customer: c.ID, Kind: tt.kind, Limit: tt.limit}
		var read []customer.Record
		for i, want := range tt.want {
			page, err := w.Records(ctx, q)
			must(t, err)
			same(t, "records on the page", len(page.Records), want)
			same(t, "more", page.Cursor != "", i < len(tt.want)-1)
			read, q.Cursor = append(read, page.Records...), page.Cursor
		}
		same(t, "records", read, all)
	}
}

func checkHiddenRecords(t *testing.T, w World) {
	for _, tt := range []struct {
		name string
		of   customer.Customer
		want error
	}{
		{"in the trash", w.deleted(t, "ticket~1"), customer.ErrInTrash},
		{"past the fence", w.fenced(t, "ticket~1"), customer.ErrPurgeStarted},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx, some := t.Context(), recordsOf("ticket~1", "ticket~2")
			_, err := w.AddRecords(ctx, tt.of.ID, some, w.change(customer.ActionRecordsAdded))
			refuses(t, err, tt.want)
			refuses(t, w.RemoveRecord(ctx, tt.of.ID, some[0].Key, w.change(customer.ActionRecordsRemoved)), tt.want)
			_, err = w.Record(ctx, tt.of.ID, some[0].Key)
			refuses(t, err, tt.want)
			_, err = w.Records(ctx, customer.RecordQuery{Customer: tt.of.ID, Limit: 5})
			refuses(t, err, tt.want)
			same(t, "customer", w.read(t, tt.of.ID), tt.of)
		})
	}
}

func checkPurge(t *testing.T, w World) {
	ctx := t.Context()
	c := w.fenced(t, "ticket~1", "ticket~1~line~1", "ticket~1~invoice~2", "invoice~1", "invoice~1~line~1")
	other := w.fenced(t, "ticket~1")
	left, err := w.Residue(ctx, c, other)
	must(t, err)
	same(t, "left before", left, 5+len(c.Terms)+1+1+len(other.Terms)+1)
	for range 2 {
		must(t, w.Erase(ctx, c, other))
		left, err = w.Residue(ctx, c, other)
		must(t, err)
		same(t, "left", left, 0)
	}
	same(t, "customer", w.read(t, c.ID), c)
	page, err := w.Retained(ctx, customer.RecordQuery{Customer: c.ID, Limit: 5})
	must(t, err)
	if len(page.Records) != 2 || page.Records[0].By != "" || string(page.Records[0].Data) != `{"number":"R-1"}` {
		t.Errorf("retained are %+v", page.Records)
	}
	_, err = w.EmailOwner(ctx, c.Profile.Email)
	refuses(t, err, customer.ErrNotFound)

	deleted := w.deleted(t)
	if err := w.Remove(ctx, deleted); err == nil {
		t.Error("a root was removed before its fence")
	}
	another := other
	another.Deletion = &customer.Deletion{ID: "another"}
	if err := w.Remove(ctx, another); err == nil {
		t.Error("a root was removed for another generation")
	}
	w.finish(t, c, other)
	must(t, w.Remove(ctx, c, other)) // gone already
	_, err = w.Customer(ctx, c.ID)
	refuses(t, err, customer.ErrNotFound)
	cert, err := w.Ledger.Certificate(ctx, c.ID)
	must(t, err)
	same(t, "certified", cert.Retained, map[string]int64{"invoice": 2})
	again := cert
	again.PurgedBy = "somebody else"
	must(t, w.Ledger.Certify(ctx, again))
	once, err := w.Ledger.Certificate(ctx, c.ID)
	must(t, err)
	same(t, "certificate", once, cert)
}

func checkFrozenPolicies(t *testing.T, w World) {
	ctx := t.Context()
	everything := customer.Settings{Kinds: []customer.Kind{
		{Name: "contract", Policy: customer.Retain, Keep: []string{"number", "buyer"}, For: customer.Never},
		{Name: "invoice", Policy: customer.Cascade},
		{Name: "line", Policy: customer.Restrict},
		{Name: "ticket", Policy: customer.Retain, For: customer.PeriodOf(day)},
	}}
	for _, tt := range []struct {
		name   string
		kinds  []customer.Kind
		retain int
	}{
		{"by an older version", nil, 0},
		{"when there were no kinds", customer.Settings{}.Freeze(), 0},
		{"when they were others", everything.Freeze(), 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ch := w.change(customer.ActionPurgeStarted)
			one, err := w.Fence(ctx, w.deleted(t, "ticket~1", "invoice~1").ID, customer.Fence{Lease: ch.At, Frozen: tt.kinds}, ch)
			must(t, err)
			ch = w.change(customer.ActionPurgeStarted)
			fence := customer.FenceEffect{Lease: ch.At.Add(time.Minute), Frozen: tt.kinds}
			tr := customer.NewTransition(w.deleted(t, "ticket~1", "invoice~1").Seen(), ch, fence)
			same(t, "results", w.Advance(ctx, []customer.Transition{tr}, Settings), []error{nil})
			for _, c := range []customer.Customer{one, w.read(t, tr.ID)} {
				same(t, "frozen", c.Frozen, tt.kinds)
				must(t, w.Erase(ctx, c))
				page, err := w.Retained(ctx, customer.RecordQuery{Customer: c.ID, Limit: 5})
				must(t, err)
				same(t, "retained", len(page.Records), tt.retain)
				w.finish(t, c)
				must(t, w.PutBack(ctx, c, w.Now()))
				same(t, "put back", w.read(t, c.ID), c)
				must(t, w.Remove(ctx, c))
			}
		})
	}
}

// checkPurgeOfManyPages erases more than a page of DynamoDB holds, which is 1 MB.
func checkPurgeOfManyPages(t *testing.T, w World) {
	ctx, c := t.Context(), w.active(t)
	large := recordsOf("invoice~01", "invoice~02", "invoice~03", "invoice~04", "invoice~05", "ticket~06", "ticket~07", "invoice~08")
	for i := range large {
		large[i].Data = fmt.Appendf(nil, `{"number":"R-1","text":%q}`, strings.Repeat("x", 200_000))
	}
	results, err := w.AddRecords(ctx, c.ID, large, w.change(customer.ActionRecordsAdded))
	must(t, errors.Join(append(results, err)...))
	w.delete(t, c.ID, Settings.Retention)
	c, err = w.Fence(ctx, c.ID, customer.Fence{Lease: w.Now().Add(time.Minute), Frozen: Settings.Freeze()}, w.change(customer.ActionPurgeStarted))
	must(t, err)
	must(t, w.Erase(ctx, c))
	left, err := w.Residue(ctx, c)
	must(t, err)
	same(t, "left", left, 0)
	page, err := w.Retained(ctx, customer.RecordQuery{Customer: c.ID, Limit: len(large)})
	must(t, err)
	same(t, "retained", len(page.Records), 6)
	w.finish(t, c)
}

func checkTrash(t *testing.T, w World) {
	ctx, now := t.Context(), w.Now()
	later := w.delete(t, w.active(t).ID, customer.PeriodOf(5*day))
	soon := w.delete(t, w.active(t).ID, customer.PeriodOf(day))
	never := w.delete(t, w.active(t).ID, customer.Never)
	fenced := w.fenced(t)
	held, err := w.Hold(ctx, w.deleted(t).ID, "case", w.change(customer.ActionHoldPlaced))
	must(t, err)
	w.active(t)
	walk := func(until time.Time) (ids []string) {
		for c, err := range w.Trash(ctx, until) {
			must(t, err)
			ids = append(ids, c.ID)
		}
		return ids
	}
	same(t, "before all", walk(now), []string(nil))
	same(t, "when the lease has run out", walk(now.Add(2*time.Minute)), []string{fenced.ID})
	refuses(t, w.Lease(ctx, fenced.ID, "another", now), customer.ErrNotFound)
	refuses(t, w.Lease(ctx, soon.ID, soon.Deletion.ID, now), customer.ErrNotFound)
	must(t, w.Lease(ctx, fenced.ID, fenced.Deletion.ID, now.Add(2*day)))
	same(t, "customer", w.read(t, fenced.ID), fenced)
	same(t, "after a day", walk(now.Add(day+time.Minute)), []string{soon.ID})
	same(t, "after 50 days", walk(now.Add(50*day)), []string{soon.ID, fenced.ID, later.ID})
	if all := walk(time.Time{}); len(all) != 5 {
		t.Errorf("the whole trash is %v, with %s and %s", all, never.ID, held.ID)
	}
	page, err := w.Customers(ctx, customer.Query{State: customer.Deleted, Limit: 2})
	must(t, err)
	next, err := w.Customers(ctx, customer.Query{State: customer.Deleted, Limit: 9, Cursor: page.Cursor})
	must(t, err)
	if len(page.Customers) != 2 || len(next.Customers) != 3 || next.Cursor != "" || next.Customers[0].ID != later.ID {
		t.Errorf("pages are %+v, %+v", page, next)
	}
	page, err = w.Customers(ctx, customer.Query{State: customer.Active, Limit: 9})
	must(t, err)
	same(t, "active", len(page.Customers), 1)
}

func checkPutBack(t *testing.T, w World) {
	ctx, c := t.Context(), w.fenced(t, "ticket~1")
	must(t, w.PutBack(ctx, w.changed(c), w.Now()))
	same(t, "customer that is there", w.read(t, c.ID), c)
	w.finish(t, c)
	c.Former = customer.Former("abc")
	must(t, w.PutBack(ctx, c, w.Now()))
	must(t, w.PutBack(ctx, w.changed(c), w.Now()))
	same(t, "customer put back", w.read(t, c.ID), c)
	must(t, w.Remove(ctx, c))
}

// checkExpiry takes customers past the fence in each way. TTL must leave their roots until every stream record of the time before
// the fence is gone, and must remove them some day: it is the backstop of the sweep.
func checkExpiry(t *testing.T, w World) {
	ctx, now := t.Context(), w.Now()
	lease := now.Add(time.Hour)
	expires := func(what, id string, lease time.Time) {
		t.Helper()
		least := lease.Add(customer.MinPurgeGrace).Truncate(time.Second) // TTL counts in seconds
		if at := w.Expiry(t, id); at.Before(least) {
			t.Errorf("%s: TTL may remove the root at %v, want %v or later", what, at, least)
		}
	}
	c, err := w.Fence(ctx, w.deleted(t).ID, customer.Fence{Lease: lease, Frozen: Settings.Freeze()}, w.change(customer.ActionPurgeStarted))
	must(t, err)
	expires("fenced", c.ID, lease)
	must(t, w.Lease(ctx, c.ID, c.Deletion.ID, now))
	expires("its lease has ended", c.ID, now)
	w.finish(t, c)
	must(t, w.Remove(ctx, c))
	must(t, w.PutBack(ctx, c, lease))
	expires("put back", c.ID, lease)
	must(t, w.Remove(ctx, c))

	ch := w.change(customer.ActionPurgeStarted)
	fence := customer.FenceEffect{Lease: lease, Frozen: Settings.Freeze()}
	fenced := customer.NewTransition(w.deleted(t).Seen(), ch, fence)
	replayed := customer.NewTransition(w.active(t).Seen(), ch, customer.ReplayEffect{Deletion: deletionBy(ch, Settings.Retention), FenceEffect: fence})
	same(t, "results", w.Advance(ctx, []customer.Transition{fenced, replayed}, Settings), []error{nil, nil})
	expires("fenced among many", fenced.ID, lease)
	expires("replayed", replayed.ID, lease)
}

func (w World) changed(c customer.Customer) customer.Customer {
	c.Version += 7
	return c
}
