package web

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"

	"lethe/internal/audit"
	"lethe/internal/operations"
)

// exportIDs is the largest size of the ids in one part of the file, in bytes. With the rest of 50,000 lines it stays
// below Lambda's 6 MB.
const exportIDs = 2 << 20

type exportItemsInput struct {
	OperationTarget
	Outcomes
	Lines  int    `query:"lines" default:"50000" minimum:"1" maximum:"50000" doc:"The largest number of lines in the answer."`
	Cursor string `query:"cursor" maxLength:"2000" doc:"From the Link header of the previous part. Leave it out for the first part."`
}

// next returns the Link header to the next part, empty after the last.
func (in exportItemsInput) next(cursor string) string {
	if cursor == "" {
		return ""
	}
	query := in.query()
	query.Set("lines", strconv.Itoa(in.Lines))
	query.Set("cursor", cursor)
	return fmt.Sprintf(`<%s/items.csv?%s>; rel="next"`, operationPath(in.Operation), query.Encode())
}

// inertCell returns a text that no spreadsheet reads as a formula.
func inertCell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

// exportOutput is a part of an exported file.
type exportOutput struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Link        string `header:"Link" doc:"The next part, as rel=next."`
	Body        []byte
}

func (a *api) exportItems(ctx context.Context, in *exportItemsInput) (*exportOutput, error) {
	q := in.itemQuery(in.Lines, in.Cursor)
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
		line := []string{inertCell(doc.Customer), doc.Outcome, doc.Code, doc.Finding}
		_ = w.Write(line[:len(header)])
	}
	w.Flush()
	if err := a.logged(ctx, audit.OutcomesExported, audit.Entry{Operation: in.Operation}); err != nil {
		return nil, err
	}
	return &exportOutput{
		ContentType: "text/csv; charset=utf-8", Disposition: `attachment; filename="operation-` + in.Operation + `.csv"`,
		Link: in.next(page.Cursor), Body: b.Bytes(),
	}, nil
}
