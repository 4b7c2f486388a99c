package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lethe/internal/customer"
	"lethe/internal/ledger"
)

func (a *api) certificateRoutes() {
	register(a, operation{
		id: "get-certificate", method: http.MethodGet, path: "/v1/certificates/{id}", tag: "Certificates",
		summary:     "Show the certificate of a customer's purge",
		description: "Proves that a customer is gone: what was erased, what the law keeps, and that nothing was left. It holds no personal data. While the purge is under way it answers 404 with Retry-After.",
		refusals:    []*problemType{noCertificate, purgeRunning}, response: exampleCertificate,
	}, a.showCertificate)
	register(a, operation{
		id: "list-retained", method: http.MethodGet, path: "/v1/certificates/{id}/retained", tag: "Certificates",
		summary:     "List what the law keeps of a purged customer",
		description: "The records of kinds with the policy retain, stripped to the fields that the settings name.",
		refusals:    []*problemType{noCertificate, purgeRunning, badCursor}, response: exampleRecordPage,
	}, a.listRetained)
}

// Certificate proves one purge. All of its members but the hash are hashed, as package
// ledger says: a member that is added here is, too.
type Certificate struct {
	Format     int               `json:"format" doc:"How the hash is computed: the SHA-256 of this document without its hash, in the canonical form of RFC 8785." example:"1"`
	Chain      int               `json:"chain"`
	Seq        int64             `json:"seq" doc:"Its number in the chain, counted from 1 without a gap."`
	Previous   string            `json:"previous" doc:"The hash of the certificate before it in the chain; 64 zeros in the first."`
	Customer   string            `json:"customer" example:"ALFKI"`
	DeletionID string            `json:"deletionId" doc:"The deletion that the purge finished."`
	DeletedAt  time.Time         `json:"deletedAt"`
	DeletedBy  string            `json:"deletedBy"`
	PurgedAt   time.Time         `json:"purgedAt"`
	PurgedBy   string            `json:"purgedBy" doc:"Who set the purge going: a subject, schedule or ttl."`
	Policies   map[string]string `json:"policies" doc:"In force when the purge began, of the kinds there were records of."`
	Erased     map[string]int64  `json:"erased" doc:"Records by kind."`
	Retained   map[string]int64  `json:"retained" doc:"Records by kind that the law keeps."`
	Residue    int               `json:"residue" doc:"What was found left after the erasure: always 0."`
	Hash       string            `json:"hash" doc:"Of all the above."`
}

// TransformSchema describes the chain in the words of package ledger.
func (Certificate) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["chain"].Description = "The chain that it is in: " + ledger.ChainRule + "."
	return s
}

func certificateOf(c customer.Certificate) Certificate {
	doc := Certificate{
		Format: ledger.Format, Chain: c.Chain, Seq: c.Seq, Previous: c.Previous, Hash: c.Hash,
		Customer: c.Customer, DeletionID: c.Generation, DeletedAt: timeOf(c.DeletedAt), DeletedBy: c.DeletedBy,
		PurgedAt: timeOf(c.PurgedAt), PurgedBy: c.PurgedBy, Policies: map[string]string{},
		Erased: counts(c.Erased), Retained: counts(c.Retained), Residue: c.Residue,
	}
	for kind, policy := range c.Policies {
		doc.Policies[kind] = string(policy)
	}
	return doc
}

func counts(m map[string]int64) map[string]int64 {
	if m == nil {
		return map[string]int64{}
	}
	return m
}

type certificateInput struct{ Target }

type certificateOutput struct{ Body Certificate }

func (a *api) showCertificate(ctx context.Context, in *certificateInput) (*certificateOutput, error) {
	c, err := a.certificate(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &certificateOutput{Body: certificateOf(c)}, nil
}

// certificate says of one that is not there whether to wait for it.
func (a *api) certificate(ctx context.Context, id string) (customer.Certificate, error) {
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

func (a *api) listRetained(ctx context.Context, in *retainedInput) (*recordPageOutput, error) {
	if _, err := a.certificate(ctx, in.ID); err != nil {
		return nil, err
	}
	page, err := a.svc.Retained(ctx, customer.RecordQuery{Customer: in.ID, Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	return recordPage(page, in.next(certificatePath(in.ID)+"/retained", url.Values{}, page.Cursor)), nil
}
