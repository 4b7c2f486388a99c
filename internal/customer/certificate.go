package customer

import "time"

// Certificate proves one purge. It holds no personal data and is never changed.
type Certificate struct {
	Customer   string
	Generation string // the deletion that the purge finished
	DeletedAt  time.Time
	DeletedBy  string
	PurgedAt   time.Time
	PurgedBy   string            // who, or what schedule, set the purge going
	Policies   map[string]Policy // at the fence, of the kinds the customer had records of
	Erased     map[string]int64  // records by kind
	Retained   map[string]int64  // records by kind, stripped and cut loose
	Residue    int               // items found by the read-back after the erasure: always 0

	// Link is its place in the ledger, which gives it one.
	Link
}

// Link places a certificate in one of the ledger's chains, so that a missing or altered
// one shows.
type Link struct {
	Chain    int
	Seq      int64  // within the chain, from 1 without a gap
	Previous string // hash of the certificate before it
	Hash     string // of this one, all else that it says included
}

// Head is how far a chain of certificates has come.
type Head struct {
	Chain int
	Seq   int64 // of its last certificate; 0: there is none
	Hash  string
}

// certify draws up the certificate of a fenced customer. Its counts are the root's:
// past the fence nothing can be added, and each was moved in its record's transaction. So are
// its policies: what the settings say by now is not what was done.
func certify(c Customer, now time.Time) Certificate {
	policies := c.Policies()
	cert := Certificate{
		Customer: c.ID, Generation: c.Deletion.ID,
		DeletedAt: c.Deletion.Time, DeletedBy: c.Deletion.By,
		PurgedAt: now, PurgedBy: c.Last.By,
		Policies: map[string]Policy{}, Erased: map[string]int64{}, Retained: map[string]int64{},
	}
	for kind, n := range c.Counts {
		if n == 0 {
			continue
		}
		cert.Policies[kind] = policies.Policy(kind)
		if policies.Policy(kind) == Retain {
			cert.Retained[kind] = n
		} else {
			cert.Erased[kind] = n
		}
	}
	return cert
}
