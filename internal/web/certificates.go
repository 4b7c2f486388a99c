package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"lethe/internal/customer"
	"lethe/internal/ledger"
)

func (a *api) certificateRoutes() {
	register(a, route{
		id: "get-certificate", method: http.MethodGet, path: "/v1/certificates/{id}", tag: "Certificates",
		summary:     "Show the certificate of a customer's purge",
		description: "The certificate proves that a customer was purged: what was erased, what is retained by law, and that nothing else was left. It has no personal data. While the purge is running, the answer is 404 with Retry-After.",
		refusals:    []*problemType{noCertificate, purgeRunning}, response: exampleCertificate,
	}, a.showCertificate)
	register(a, route{
		id: "list-retained", method: http.MethodGet, path: "/v1/certificates/{id}/retained", tag: "Certificates",
		summary:     "List the retained records of a purged customer",
		description: "The records of kinds with the policy retain. They have only the fields that keep in the settings lists.",
		refusals:    []*problemType{noCertificate, purgeRunning, badCursor}, response: exampleRecordPage,
	}, a.listRetained)
}

type certificateInput struct{ Target }

func (a *api) showCertificate(ctx context.Context, in *certificateInput) (*output[ledger.Certificate], error) {
	c, err := a.certificate(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &output[ledger.Certificate]{Body: c}, nil
}

// certificate returns the certificate of a customer. Its error is purgeRunning if the purge has not ended, and
// noCertificate if it has not started.
func (a *api) certificate(ctx context.Context, id string) (ledger.Certificate, error) {
	cert, err := a.svc.Certificate(ctx, id)
	if !errors.Is(err, customer.ErrNotFound) {
		return cert, err
	}
	c, err := a.svc.Customer(ctx, id)
	switch {
	case err == nil && c.StateAt(a.svc.Now()) == customer.Purging:
		return cert, purgeRunning
	case err == nil, errors.Is(err, customer.ErrNotFound):
		return cert, noCertificate
	}
	return cert, err
}

type retainedInput struct {
	Target
	Paging
}

func (a *api) listRetained(ctx context.Context, in *retainedInput) (*pageOutput[RecordPage], error) {
	if _, err := a.certificate(ctx, in.ID); err != nil {
		return nil, err
	}
	page, err := a.svc.Retained(ctx, customer.RecordQuery{Customer: in.ID, Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	return recordPage(page, in.next(certificatePath(in.ID)+"/retained", url.Values{}, page.Cursor)), nil
}
