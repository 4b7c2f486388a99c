package customer

import (
	"time"

	"lethe/internal/ledger"
)

// Certificate proves one purge. This package fills in what it says about the customer; the ledger
// adds its place in a chain and its hash, which covers the whole document.
type Certificate = ledger.Certificate

// Head is the end of a chain of certificates.
type Head = ledger.Head

// certify returns the certificate of a fenced customer. Its counts and policies come from the
// root. The counts are exact: each changes in its record's own transaction, and past the fence no
// record can be added. The policies are those frozen at the fence, which the purge used; the
// settings may have changed since.
func certify(c Customer, now time.Time) Certificate {
	policies := c.Policies()
	cert := Certificate{
		Format: ledger.Format, Customer: c.ID, DeletionID: c.Deletion.ID,
		DeletedAt: c.Deletion.Time, DeletedBy: c.Deletion.By, DeletionApprovedBy: c.Deletion.ApprovedBy,
		PurgedAt: now, PurgedBy: c.Last.By, ApprovedBy: c.Last.ApprovedBy,
		Policies: map[string]string{}, Erased: map[string]int64{}, Retained: map[string]int64{},
	}
	for kind, n := range c.Counts {
		if n == 0 {
			continue
		}
		cert.Policies[kind] = string(policies.Policy(kind))
		if policies.Policy(kind) == Retain {
			cert.Retained[kind] = n
		} else {
			cert.Erased[kind] = n
		}
	}
	return cert
}
