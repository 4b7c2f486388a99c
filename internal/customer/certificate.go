package customer

import (
	"time"

	"lethe/internal/ledger"
)

// Certificate proves one purge. The rules draw up what it says of the customer, and the ledger gives it its
// place and its hash: it is the very document that the hash covers.
type Certificate = ledger.Certificate

// Head is how far a chain of certificates has come.
type Head = ledger.Head

// certify draws up the certificate of a fenced customer. Its counts are the root's:
// past the fence nothing can be added, and each was moved in its record's transaction. So are
// its policies: what the settings say by now is not what was done.
func certify(c Customer, now time.Time) Certificate {
	policies := c.Policies()
	cert := Certificate{
		Format: ledger.Format, Customer: c.ID, DeletionID: c.Deletion.ID,
		DeletedAt: c.Deletion.Time, DeletedBy: c.Deletion.By,
		PurgedAt: now, PurgedBy: c.Last.By,
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
