package model

import (
	"context"
	"strings"

	"lethe/internal/customer"
	"lethe/internal/ledger"
)

// Ledger is the model as a [customer.Ledger]. The histories use only the methods below; the
// embedded interface is nil.
type Ledger struct {
	customer.Ledger
	*Model
}

// Certify adds certificates, those of a chain in one request, as a block. A certificate of the same purge is not
// replaced.
func (l Ledger) Certify(ctx context.Context, certs ...customer.Certificate) error {
	var blocks [ledger.Chains][]customer.Certificate
	for _, c := range certs {
		chain := ledger.ChainOf(c.Customer)
		blocks[chain] = append(blocks[chain], c)
	}
	for _, block := range blocks {
		if len(block) == 0 {
			continue
		}
		if err := l.request(ctx, "Certify", customersOf(block), func(Verdict) { l.certifyAll(ctx, block) }); err != nil {
			return err
		}
	}
	return nil
}

func customersOf(certs []customer.Certificate) string {
	ids := make([]string, len(certs))
	for i, c := range certs {
		ids[i] = c.Customer
	}
	return strings.Join(ids, " ")
}

func (l Ledger) certifyAll(ctx context.Context, certs []customer.Certificate) {
	for _, c := range certs {
		l.certify(ctx, c)
	}
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
