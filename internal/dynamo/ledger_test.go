package dynamo_test

import (
	"testing"
	"time"

	"lethe/internal/customer"
	"lethe/internal/dynamo/dynamotest"
)

func TestACertificateIsNeverChanged(t *testing.T) {
	t.Parallel()
	tables := dynamotest.New(t)
	_, ledger := tables.Open(tables.Config)
	ctx := t.Context()
	_, err := ledger.Certificate(ctx, "ann")
	refuses(t, err, customer.ErrNotFound)

	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	cert := customer.Certificate{
		Customer: "ann", Generation: "first", DeletedAt: at, DeletedBy: "admin", PurgedAt: at.Add(time.Hour), PurgedBy: "schedule",
		Policies: map[string]customer.Policy{"ticket": customer.Cascade, "invoice": customer.Retain},
		Erased:   map[string]int64{"ticket": 3}, Retained: map[string]int64{"invoice": 1},
	}
	again := cert
	again.PurgedAt, again.Erased = at.Add(2*time.Hour), map[string]int64{}
	for _, c := range []customer.Certificate{cert, again} {
		if err := ledger.Certify(ctx, c); err != nil {
			t.Fatal(err)
		}
		got, err := ledger.Certificate(ctx, "ann")
		if err != nil {
			t.Fatal(err)
		}
		same(t, "certificate", got, cert)
	}
	// Of a customer that a restored backup brought back, the last one counts.
	again.Generation = "a later one"
	if err := ledger.Certify(ctx, again); err != nil {
		t.Fatal(err)
	}
	got, err := ledger.Certificate(ctx, "ann")
	if err != nil {
		t.Fatal(err)
	}
	same(t, "certificate", got, again)
}
