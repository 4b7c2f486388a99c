package model

import (
	"maps"
	"slices"
	"time"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// The functions of this file let a test read the model without passing the gate. The caller must
// not change what they return.

// Root returns a customer, or nil.
func (m *Model) Root(id string) *customer.Customer { return customerOf(m.roots[id]) }

// IDs lists the customers that have a root, a certificate, or anything left behind, sorted.
func (m *Model) IDs() []string {
	all := map[string]bool{}
	for id := range m.roots {
		all[id] = true
	}
	for id, records := range m.records {
		all[id] = all[id] || len(records) > 0
	}
	for id := range m.certs {
		all[id] = true
	}
	for id, terms := range m.terms {
		all[id] = all[id] || len(terms) > 0
	}
	for _, id := range m.claims {
		all[id] = true
	}
	return slices.Sorted(maps.Keys(all))
}

// Keys lists a customer's records as "key change", sorted; change is the change that added it.
func (m *Model) Keys(id string) []string {
	keys := make([]string, 0, len(m.records[id]))
	for k, r := range m.records[id] {
		keys = append(keys, k+" "+r.change)
	}
	slices.Sort(keys)
	return keys
}

// Count counts a customer's records by kind.
func (m *Model) Count(id string) map[string]int64 {
	counts := map[string]int64{}
	for _, r := range m.records[id] {
		counts[r.Key.Kind()]++
	}
	return counts
}

// Terms lists a customer's search terms, sorted.
func (m *Model) Terms(id string) []string {
	terms := make([]string, 0, len(m.terms[id]))
	for term, there := range m.terms[id] {
		if there {
			terms = append(terms, term)
		}
	}
	slices.Sort(terms)
	return terms
}

// Claims lists the addresses that a customer claims, sorted.
func (m *Model) Claims(id string) (emails []string) {
	for email, owner := range m.claims {
		if owner == id {
			emails = append(emails, email)
		}
	}
	slices.Sort(emails)
	return emails
}

// Kept lists the retained records of a customer, sorted by key.
func (m *Model) Kept(id string) []customer.Record {
	var kept []customer.Record
	for _, k := range slices.Sorted(maps.Keys(m.retained[id])) {
		kept = append(kept, m.retained[id][k])
	}
	return kept
}

// CertificatesOf returns a customer's certificates by generation.
func (m *Model) CertificatesOf(id string) map[string]customer.Certificate { return m.certs[id] }

// Expiring lists the customers that TTL may remove at the given time, sorted.
func (m *Model) Expiring(now time.Time) (ids []string) {
	for id, r := range m.roots {
		if !r.ttl.IsZero() && !now.Before(r.ttl) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// Expiry returns the time from which on TTL may remove a customer's root; zero: never.
func (m *Model) Expiry(id string) time.Time { return m.roots[id].ttl }

// InForce returns the current settings.
func (m *Model) InForce() customer.Settings { return m.settings }

// All lists the operations, oldest first.
func (m *Model) All() []*bulk.Operation { return Operations{m}.sorted() }

// ChunksOf returns an operation's chunks, and for each whether it has ended.
func (m *Model) ChunksOf(id string) (chunks []bulk.Chunk, ended []bool) {
	for _, c := range m.chunks[id] {
		chunks, ended = append(chunks, c.Chunk), append(ended, c.ended)
	}
	return chunks, ended
}

// Log adds an entry to a customer's audit log, as the consumer of the change stream does.
func (m *Model) Log(e customer.Entry) { m.entries[e.Customer] = append(m.entries[e.Customer], e) }
