package dynamo_test

import (
	"testing"
	"time"

	"lethe/internal/customer"
	"lethe/internal/ledger"
)

func TestACertificateIsNeverChanged(t *testing.T) {
	t.Parallel()
	c := newChronicle(t)
	certs, ctx := c.open(c.Config), t.Context()
	_, err := certs.Certificate(ctx, "ann")
	refuses(t, err, customer.ErrNotFound)

	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	cert := customer.Certificate{
		Customer: "ann", DeletionID: "first", DeletedAt: at, DeletedBy: "admin", PurgedAt: at.Add(time.Hour), PurgedBy: "schedule",
		Policies: map[string]string{"ticket": "cascade", "invoice": "retain"},
		Erased:   map[string]int64{"ticket": 3}, Retained: map[string]int64{"invoice": 1},
	}
	again := cert
	again.PurgedAt, again.Erased = at.Add(2*time.Hour), map[string]int64{}
	for _, one := range []customer.Certificate{cert, again} {
		if err := certs.Certify(ctx, one); err != nil {
			t.Fatal(err)
		}
		got, err := certs.Certificate(ctx, "ann")
		if err != nil {
			t.Fatal(err)
		}
		cert.Format, cert.Chain, cert.Seq, cert.Previous, cert.Hash = ledger.Format, 1, 1, ledger.Origin, annsHash
		same(t, "certificate", got, cert)
	}
	// After a restored backup the last certificate of a customer counts.
	again.DeletionID = "a later one"
	if err := certs.Certify(ctx, again); err != nil {
		t.Fatal(err)
	}
	got, err := certs.Certificate(ctx, "ann")
	if err != nil {
		t.Fatal(err)
	}
	again.Format, again.Chain, again.Seq, again.Previous, again.Hash = ledger.Format, 1, 2, annsHash, got.Hash
	same(t, "certificate", got, again)
}

// annsHash was computed with the three lines of Python in the documentation of package ledger.
const annsHash = "0fe4c1a821cc3ee8b7fb4c30a2c71d3bd0aa1c482f736ded4ed7fe913622a605"
