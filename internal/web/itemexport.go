package web

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"

	"lethe/internal/operations"
)

// exportIDs is how many bytes of ids a part of the file has: with all else of 50,000 lines, less than
// the 6 MB that Lambda answers.
const exportIDs = 2 << 20

type exportItemsInput struct {
	OperationTarget
	Outcomes
	Lines  int    `query:"lines" default:"50000" minimum:"1" maximum:"50000" doc:"How many lines at most."`
	Cursor string `query:"cursor" maxLength:"2000" doc:"From the Link header of the part before; leave it out for the first."`
}

// next is the Link header that leads to the next part.
func (in exportItemsInput) next(cursor string) string {
	if cursor == "" {
		return ""
	}
	query := in.query()
	query.Set("lines", strconv.Itoa(in.Lines))
	query.Set("cursor", cursor)
	return fmt.Sprintf(`<%s/items.csv?%s>; rel="next"`, operationPath(in.Operation), query.Encode())
}

// cell is an id as no spreadsheet takes it for a formula: of the characters that begin one, only
// a hyphen begins an id. Nothing else in the file begins with any.
func cell(id string) string {
	if strings.HasPrefix(id, "-") {
		return "'" + id
	}
	return id
}

type exportItemsOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Link        string `header:"Link" doc:"The next part."`
	Body        []byte
}

func (a *api) exportItems(ctx context.Context, in *exportItemsInput) (*exportItemsOutput, error) {
	q := in.of(in.Lines, in.Cursor)
	q.Bytes = exportIDs
	op, page, err := a.items(ctx, in.Operation, q)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	header := []string{"customer", "outcome", "code"}
	if op.Action == operations.Fsck {
		header = append(header, "finding")
	}
	_ = w.Write(header) // to memory
	for _, i := range page.Items {
		doc := itemOf(op)(i)
		line := []string{cell(doc.Customer), doc.Outcome, doc.Code, doc.Finding}
		_ = w.Write(line[:len(header)])
	}
	w.Flush()
	return &exportItemsOutput{
		ContentType: "text/csv; charset=utf-8", Disposition: `attachment; filename="operation-` + in.Operation + `.csv"`,
		Link: in.next(page.Cursor), Body: b.Bytes(),
	}, nil
}
