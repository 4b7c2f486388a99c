package dynamo_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"lethe/internal/customer"
	"lethe/internal/dynamo"
	"lethe/internal/dynamo/dynamotest"
)

type memQueue struct{ jobs []customer.Job }

func (q *memQueue) Enqueue(_ context.Context, jobs ...customer.Job) error {
	q.jobs = append(q.jobs, jobs...)
	return nil
}
func (q *memQueue) Backlog(context.Context) (int, error) { return len(q.jobs), nil }

func TestSmoke(t *testing.T) {
	ctx := t.Context()
	ts := dynamotest.New(t)
	var m dynamo.Meter
	store, ledger := ts.Open(m.Attach(ts.Config))
	q := &memQueue{}
	svc := &customer.Service{Store: store, Ledger: ledger, Queue: q, Log: slog.Default(), SettingsAge: time.Second,
		Defaults: customer.Settings{Retention: customer.PeriodOf(30 * 24 * time.Hour)}}
	ck := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		fmt.Println(what, m.Reset())
	}
	_, err := svc.UpdateSettings(ctx, customer.Settings{Retention: customer.PeriodOf(24 * time.Hour), Kinds: []customer.Kind{{Name: "invoice", Policy: customer.Restrict}, {Name: "line", Policy: customer.Cascade}}}, false)
	ck("settings", err)
	c, err := svc.Create(ctx, "", customer.Profile{Organisation: "Alfreds Futterkiste", FirstName: "Maria", LastName: "Anders", Email: "maria@alfreds.example", Phone: "030-0074321"}, customer.Change{By: "admin"})
	ck("create", err)
	_, err = svc.Create(ctx, "", customer.Profile{Organisation: "X", Email: "maria@alfreds.example"}, customer.Change{By: "admin"})
	fmt.Println("dup email:", err)
	var recs []customer.Record
	for i := range 40 {
		k, _ := customer.ParseKey(fmt.Sprintf("invoice~%d", i/2))
		if i%2 == 1 {
			k = k.Child("line", "1")
		}
		recs = append(recs, customer.Record{Key: k, Data: []byte(`{"a":1}`)})
	}
	res, err := svc.AddRecords(ctx, c.ID, recs, customer.Change{By: "admin"})
	ck("add", err)
	res2, err := svc.AddRecords(ctx, c.ID, append(recs[:3:3], customer.Record{Key: customer.Key{{Kind: "invoice", ID: "nope"}, {Kind: "line", ID: "1"}}}), customer.Change{By: "admin"})
	ck("add again", err)
	fmt.Println(res[0], res2)
	_, err = svc.Delete(ctx, c.ID, customer.Change{By: "admin"})
	fmt.Println("delete:", err, m.Reset())
	err = svc.RemoveRecord(ctx, c.ID, customer.Key{{Kind: "invoice", ID: "3"}}, customer.Change{By: "admin"})
	ck("remove record", err)
	rp, err := svc.Records(ctx, customer.RecordQuery{Customer: c.ID, Kind: "invoice", Limit: 5})
	ck("records", err)
	fmt.Println(len(rp.Records), rp.Cursor)
	for i := range 20 {
		if i != 3 {
			err = svc.RemoveRecord(ctx, c.ID, customer.Key{{Kind: "invoice", ID: fmt.Sprint(i)}}, customer.Change{By: "admin"})
			if err != nil {
				t.Fatal(i, err)
			}
		}
	}
	m.Reset()
	p, err := svc.Customers(ctx, customer.Query{Limit: 50})
	ck("list", err)
	fmt.Println(len(p.Customers))
	p, err = svc.Customers(ctx, customer.Query{Limit: 50, Search: "alf mar"})
	ck("search", err)
	fmt.Println(len(p.Customers))
	d, err := svc.Delete(ctx, c.ID, customer.Change{By: "admin", Reason: "x"})
	ck("delete", err)
	fmt.Printf("%+v\n", d.Deletion)
	_, err = svc.Restore(ctx, c.ID, "", customer.Change{By: "admin"})
	ck("restore", err)
	_, err = svc.Delete(ctx, c.ID, customer.Change{By: "admin", Once: &customer.Once{Key: "k", Fingerprint: "f"}})
	ck("delete once", err)
	_, err = svc.Restore(ctx, c.ID, "", customer.Change{By: "admin", Once: &customer.Once{Key: "k", Fingerprint: "f"}})
	fmt.Println("replay", err)
	_, err = svc.Hold(ctx, c.ID, "case-1", customer.Change{By: "admin"})
	ck("hold", err)
	_, err = svc.StartPurge(ctx, c.ID, customer.Fence{}, customer.Change{By: "admin"})
	fmt.Println("purge held", err)
	_, err = svc.Lift(ctx, c.ID, "case-1", customer.Change{By: "admin"})
	ck("lift", err)
	_, err = svc.StartPurge(ctx, c.ID, customer.Fence{}, customer.Change{By: "admin"})
	ck("fence", err)
	err = svc.Purge(ctx, q.jobs[0])
	ck("purge", err)
	_, err = svc.Get(ctx, c.ID)
	fmt.Println(err)
	sw, err := svc.Sweep(ctx)
	ck("sweep", err)
	fmt.Printf("%+v\n", sw)
	for c, err := range svc.Trash(ctx, time.Time{}) {
		fmt.Println(c, err)
	}
}
