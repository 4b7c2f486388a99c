package model

import (
	"context"

	"lethe/internal/customer"
)

// Ledger is the model as a [customer.Ledger]. The histories use only the methods below; the
// embedded interface is nil.
type Ledger struct {
	customer.Ledger
	*Model
}

// Certify adds certificates, one per request. A certificate of the same purge is not replaced.
func (l Ledger) Certify(ctx context.Context, certs ...customer.Certificate) error {
	for _, c := range certs {
		if err := l.request(ctx, "Certify", c.Customer, func(Verdict) { l.certify(ctx, c) }); err != nil {
			return err
		}
	}
	return nil
}

func (l Ledger) certify(ctx context.Context, c customer.Certificate) {
	if l.certs[c.Customer] == nil {
		l.certs[c.Customer] = map[string]customer.Certificate{}
	}
	if _, there := l.certs[c.Customer][c.DeletionID]; there {
		return
	}
	l.certs[c.Customer][c.DeletionID] = c
	if l.WatchCertificate != nil {
		l.WatchCertificate(ctx, c)
	}
}

// Certificate returns the latest certificate of a customer.
func (l Ledger) Certificate(ctx context.Context, id string) (latest customer.Certificate, err error) {
	failed := l.request(ctx, "Certificate", id, func(Verdict) {
		latest, err = customer.Certificate{}, customer.ErrNotFound
		for _, c := range l.certs[id] {
			if err != nil || c.PurgedAt.After(latest.PurgedAt) {
				latest, err = c, nil
			}
		}
	})
	if failed != nil {
		return customer.Certificate{}, failed
	}
	return latest, err
}
