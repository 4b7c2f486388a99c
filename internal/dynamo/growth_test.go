package dynamo_test

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"lethe/internal/customer"
	"lethe/internal/dynamo"
	"lethe/internal/parallel"
)

// TestCostsDoNotGrowWithTheTable makes the same requests in a table of some customers, and in one with several times as many.
// The local engine takes longer for some of them then; see docs/local.md.
func TestCostsDoNotGrowWithTheTable(t *testing.T) {
	t.Parallel()
	p := newTill(t)
	const few, many = 220, 660
	p.crowd(t, 0, few)
	before := p.bill(t, "before")
	p.crowd(t, few, many)
	after := p.bill(t, "behind")
	for what, cost := range before {
		if !reflect.DeepEqual(after[what], cost) {
			t.Errorf("%s: with %d customers %+v, with %d %+v", what, few, cost, many, after[what])
		}
	}
}

// crowd adds the customers from a number to another one.
func (p till) crowd(t *testing.T, from, to int) {
	t.Helper()
	err := errors.Join(parallel.Each(to-from, 16, func(i int) error {
		id := fmt.Sprintf("customer-%05d", from+i)
		_, err := p.Create(t.Context(), id, typical(id), byAdmin)
		return err
	})...)
	if err != nil {
		t.Fatal(err)
	}
}

// bill returns the cost of requests of each kind. The id decides nothing but the customer's keys.
func (p till) bill(t *testing.T, id string) map[string]dynamo.Cost {
	t.Helper()
	costs, ctx := map[string]dynamo.Cost{}, t.Context()
	pay := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		costs[what] = p.meter.Reset()
	}
	p.meter.Reset()
	_, err := p.Create(ctx, id, typical(id), byAdmin)
	pay("create", err)
	_, err = p.Get(ctx, id)
	pay("read", err)
	page, err := p.Customers(ctx, customer.Query{State: customer.Active, Limit: 50})
	pay("list", err)
	_, err = p.Customers(ctx, customer.Query{State: customer.Active, Limit: 50, Cursor: page.Cursor})
	pay("list the next page", err)
	results, err := p.AddRecords(ctx, id, records("ticket~1"), byAdmin)
	pay("add a record", errors.Join(append(results, err)...))
	_, err = p.Block(ctx, id, byAdmin)
	pay("block", err)
	_, err = p.Delete(ctx, id, byAdmin)
	pay("delete", err)
	_, err = p.Restore(ctx, id, "", byAdmin)
	pay("restore", err)
	return costs
}
