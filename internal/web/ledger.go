package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"lethe/internal/audit"
	"lethe/internal/customer"
	"lethe/internal/ledger"
)

func (a *api) ledgerRoutes() {
	register(a, route{
		id: "list-certificates", method: http.MethodGet, path: "/v1/certificates", tag: "Certificates",
		summary:     "List all certificates",
		description: "Grouped by chain; in a chain, in the order in which the certificates were written. A customer that a restored backup brought back and that was purged again has more than one certificate.",
		refusals:    []*problemType{badCursor}, response: exampleCertificatePage,
	}, a.listCertificates)
	register(a, route{
		id: "export-certificates", method: http.MethodGet, path: "/v1/certificates.ndjson", tag: "Certificates",
		summary:     "Export all certificates as NDJSON",
		description: "One certificate per line, in the order of the list. The Link header leads to the next part; the last part has no Link header. The verifier reads this format.",
		refusals:    []*problemType{badCursor}, produces: []string{typeNDJSON}, response: exampleCertificatesNDJSON,
	}, a.exportCertificates)
	register(a, route{
		id: "get-checkpoint", method: http.MethodGet, path: "/v1/checkpoint", tag: "Certificates",
		summary:     "Show the heads of the certificate chains",
		description: "Keep the answer outside of this system. The chains of every later export must lead through these heads: this proves that no earlier certificate was rewritten or removed.",
		response:    exampleCheckpoint,
	}, a.showCheckpoint)
}

// CertificatePage is a page of certificates.
type CertificatePage struct {
	Certificates []ledger.Certificate `json:"certificates"`
	NextCursor   string               `json:"nextCursor,omitempty"`
}

func (a *api) listCertificates(ctx context.Context, in *struct{ Paging }) (*pageOutput[CertificatePage], error) {
	page, err := a.svc.Certificates(ctx, customer.CertificateQuery{Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, err
	}
	return &pageOutput[CertificatePage]{
		Link: in.next("/v1/certificates", url.Values{}, page.Cursor),
		Body: CertificatePage{append([]ledger.Certificate{}, page.Certificates...), page.Cursor},
	}, nil
}

type exportCertificatesInput struct {
	Lines  int    `query:"lines" default:"2000" minimum:"1" maximum:"5000" doc:"The largest number of lines in the answer."`
	Cursor string `query:"cursor" maxLength:"2000" doc:"From the Link header of the previous part. Leave it out for the first part."`
}

func (in exportCertificatesInput) next(cursor string) string {
	if cursor == "" {
		return ""
	}
	query := url.Values{"lines": {strconv.Itoa(in.Lines)}, "cursor": {cursor}}
	return fmt.Sprintf(`</v1/certificates.ndjson?%s>; rel="next"`, query.Encode())
}

type exportCertificatesOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Link        string `header:"Link" doc:"The next part, as rel=next."`
	Body        []byte
}

const (
	exportPage  = 250
	exportBytes = 3 << 20 // with a last page and JSON quoting, below Lambda's 6 MB
)

func (a *api) exportCertificates(ctx context.Context, in *exportCertificatesInput) (*exportCertificatesOutput, error) {
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	encoder.SetEscapeHTML(false)
	cursor := in.Cursor
	for left := in.Lines; left > 0 && lines.Len() < exportBytes; {
		page, err := a.svc.Certificates(ctx, customer.CertificateQuery{Limit: min(left, exportPage), Cursor: cursor})
		if err != nil {
			return nil, err
		}
		for _, c := range page.Certificates {
			if err := encoder.Encode(c); err != nil {
				return nil, err
			}
		}
		left -= len(page.Certificates)
		if cursor = page.Cursor; cursor == "" {
			break
		}
	}
	if err := a.logged(ctx, audit.CertificatesExported, audit.Entry{}); err != nil {
		return nil, err
	}
	return &exportCertificatesOutput{
		ContentType: "application/x-ndjson", Disposition: `attachment; filename="certificates.ndjson"`,
		Link: in.next(cursor), Body: lines.Bytes(),
	}, nil
}

func (a *api) showCheckpoint(ctx context.Context, _ *struct{}) (*output[ledger.Checkpoint], error) {
	heads, err := a.svc.Heads(ctx)
	if err != nil {
		return nil, err
	}
	return &output[ledger.Checkpoint]{Body: ledger.Checkpoint{Time: timeOf(a.svc.Now()), Heads: heads}}, nil
}
