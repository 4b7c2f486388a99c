package conform

import (
	"fmt"
	"testing"

	"lethe/internal/customer"
	"lethe/internal/ledger"
)

// checkCertificatesTogether certifies many purges at once, more of a chain than fit into a batch. One has a
// certificate before, and one is named twice.
func checkCertificatesTogether(t *testing.T, w World) {
	ctx := t.Context()
	var certs []customer.Certificate
	for i := 0; len(certs) < 60; i++ {
		id := fmt.Sprint("certified-", i)
		if ledger.ChainOf(id) > 1 {
			continue
		}
		certs = append(certs, customer.Certificate{
			Customer: id, DeletionID: "d1", DeletedAt: w.Now(), DeletedBy: "admin", DeletionApprovedBy: "b", PurgedAt: w.Now(), PurgedBy: "all", ApprovedBy: "c",
			Policies: map[string]string{}, Erased: map[string]int64{}, Retained: map[string]int64{},
		})
	}
	early := certs[7]
	early.PurgedBy = "another"
	must(t, w.Ledger.Certify(ctx, early))
	must(t, w.Ledger.Certify(ctx, append(certs, certs[9])...))
	must(t, w.Ledger.Certify(ctx, certs...))
	for i, want := range certs {
		if want.PurgedBy = "all"; i == 7 {
			want.PurgedBy = "another"
		}
		got, err := w.Ledger.Certificate(ctx, want.Customer)
		if must(t, err); got.Customer != want.Customer || got.PurgedBy != want.PurgedBy || got.ApprovedBy != "c" || got.DeletionApprovedBy != "b" || !got.PurgedAt.Equal(want.PurgedAt) {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}
