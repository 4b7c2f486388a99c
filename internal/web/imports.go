package web

import (
	"context"
	"errors"
	"io"
	"iter"
	"mime"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"lethe/internal/customer"
	"lethe/internal/tabular"
)

// MaxImport is how many bytes of a file one request may bring. In base64, as API
// Gateway hands NDJSON to Lambda, it stays below Lambda's 6 MB.
const MaxImport = 4 << 20

const (
	typeCSV    = "text/csv"
	typeNDJSON = "application/x-ndjson"
)

var (
	errContentType = errors.New("not a content type that can be imported")
	errTooLarge    = errors.New("the file is too large for one request")
)

func (a *api) importRoutes() {
	register(a, operation{
		id: "import-customers", method: http.MethodPost, path: "/v1/imports/customers", tag: "Import",
		summary:     "Import customers from CSV or NDJSON",
		description: describeImport("Columns are called id, organisation, firstName, lastName, name (split at its last space), email, phone, push and consent.<name>; others are mapped by map or left out. An NDJSON line is what POST /v1/customers takes. Customers whose id exists are left as they are, so that an import can be repeated."),
		refusals:    importRefusals, response: exampleImport,
		body: importBody(exampleCustomersCSV, exampleCustomersNDJSON),
	}, a.importCustomers)
	register(a, operation{
		id: "import-records", method: http.MethodPost, path: "/v1/imports/records", tag: "Import",
		summary:     "Import records from CSV or NDJSON",
		description: describeImport("Columns are called customer, id, kind and parent, or key in place of the last three; all others become fields of data, as text. An NDJSON line is {customer, key, data} or {customer, kind, id, parent, data}. Parents come before their children. Records that exist are left as they are."),
		refusals:    importRefusals, response: exampleImport,
		body: importBody(exampleRecordsCSV, exampleRecordsNDJSON),
	}, a.importRecords)
}

var importRefusals = []kind{malformed, fileTooLarge, unsupported}

func describeImport(columns string) string {
	return columns + ` The file is in UTF-8; its first line names the columns. A line that can't be read or breaks a rule fails alone, and is told by its number in the file. With dryRun nothing is written.

A request takes 4 MB. Split a larger file, here customers.csv, with its header in each part:

    tail -n +2 customers.csv | split -C 4000k --filter='{ head -n 1 customers.csv; cat; } > $FILE.csv' - part-

The answer has resumeFromLine when there was no time for the whole file: send it again with fromLine.`
}

func importBody(csv, ndjson string) *huma.RequestBody {
	text := func() *huma.Schema { return &huma.Schema{Type: huma.TypeString} }
	return &huma.RequestBody{
		Required: true,
		Content: map[string]*huma.MediaType{
			typeCSV:    {Schema: text(), Example: csv},
			typeNDJSON: {Schema: text(), Example: ndjson},
		},
	}
}

// Upload is a file that is read while it comes in.
type Upload struct {
	DryRun    bool     `query:"dryRun" doc:"Look at every line and write nothing."`
	FromLine  int      `query:"fromLine" minimum:"1" doc:"Leave out the lines before this one: resumeFromLine of the answer before."`
	Map       []string `query:"map,explode" maxItems:"200" doc:"Of CSV: what a column is, as column:name. Give it once for each." example:"companyName:organisation"`
	Null      string   `query:"null" maxLength:"40" doc:"Of CSV: a text that means no value." example:"NULL"`
	Delimiter string   `query:"delimiter" default:"," maxLength:"3" doc:"Of CSV: one character, or tab."`

	body      io.Reader
	mediaType string
	tooLarge  bool
}

// Resolve takes the body before anything has read it. huma calls it.
func (u *Upload) Resolve(ctx huma.Context) []error {
	r, w := humago.Unwrap(ctx)
	u.body = http.MaxBytesReader(w, r.Body, MaxImport)
	u.tooLarge = r.ContentLength > MaxImport
	u.mediaType = mediaType(r.Header.Get("Content-Type"))
	return nil
}

// mediaType is empty for what can't be imported.
func mediaType(header string) string {
	t, params, err := mime.ParseMediaType(header)
	charset := params["charset"]
	if err != nil || t != typeCSV && t != typeNDJSON || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return ""
	}
	return t
}

func (u *Upload) check() error {
	switch {
	case u.mediaType == "":
		return errContentType
	case u.tooLarge:
		return errTooLarge
	}
	return nil
}

// csv opens the upload as CSV.
func (u *Upload) csv() (*tabular.CSV, error) {
	delimiter, ok := tabular.Delimiter(u.Delimiter)
	if !ok {
		return nil, customer.Invalid("query.delimiter", "must be one character, or tab")
	}
	file, err := tabular.NewCSV(u.body, delimiter)
	if wrong, ok := errors.AsType[*tabular.LineError](err); ok {
		return nil, customer.Invalid("line 1", wrong.Problem)
	}
	return file, readError(err)
}

// readError tells a file that is too large from one that could not be read.
func readError(err error) error {
	var (
		large *http.MaxBytesError
		wrong *tabular.LineError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &large):
		return errTooLarge
	case errors.As(err, &wrong):
		return &customer.UnreadableError{Problem: wrong.Problem}
	}
	return &brokenBodyError{err}
}

// brokenBodyError is a body that ended before its end.
type brokenBodyError struct{ err error }

func (e *brokenBodyError) Error() string { return "read the body: " + e.err.Error() }
func (e *brokenBodyError) Unwrap() error { return e.err }

// from leaves out what an earlier request has done, but not that the body ends there this time.
func from[L any](first int, lines iter.Seq[L], at func(L) (line int, err error)) iter.Seq[L] {
	return func(yield func(L) bool) {
		for l := range lines {
			line, err := at(l)
			_, ends := errors.AsType[*brokenBodyError](err)
			if (line >= first || ends || errors.Is(err, errTooLarge)) && !yield(l) {
				return
			}
		}
	}
}

// Import tells what became of the lines of a file.
type Import struct {
	DryRun         bool        `json:"dryRun" doc:"Nothing was written; created counts what would be."`
	Lines          int         `json:"lines" doc:"Looked at."`
	Created        int         `json:"created"`
	Existing       int         `json:"existing" doc:"There already, and left as they are."`
	Failed         int         `json:"failed"`
	Errors         []LineError `json:"errors" doc:"Of the first 200 lines that failed."`
	MoreErrors     int         `json:"moreErrors" doc:"Lines that failed and are not in errors."`
	ResumeFromLine int         `json:"resumeFromLine,omitempty" doc:"There was no time for the lines from this one on: send the file again with fromLine."`
	IgnoredColumns []string    `json:"ignoredColumns" doc:"Columns that nothing was made of."`
}

// LineError is one thing that is wrong with one line.
type LineError struct {
	Line    int    `json:"line" doc:"Its number in the file, the first being 1."`
	Code    string `json:"code" example:"INVALID"`
	Field   string `json:"field,omitempty" example:"email"`
	Problem string `json:"problem" example:"is not an e-mail address such as ann@example.com"`
}

type importOutput struct{ Body Import }

// imported answers an import. One that stopped half-way through a fault of ours says
// where to go on; one that did nothing is a failed request.
func (a *api) imported(ctx context.Context, in *Upload, ignored []string, result customer.Import, err error) (*importOutput, error) {
	var broken *brokenBodyError
	if err != nil && (result.Lines == 0 || errors.Is(err, errTooLarge) || errors.As(err, &broken)) {
		return nil, err
	}
	if err != nil {
		a.report(ctx, err)
	}
	doc := Import{
		DryRun: in.DryRun, Lines: result.Lines, Created: result.Created, Existing: result.Existing,
		Failed: result.Failed, Errors: []LineError{}, MoreErrors: result.Failed - len(result.Errors),
		ResumeFromLine: result.ResumeFrom, IgnoredColumns: append([]string{}, ignored...),
	}
	for _, e := range result.Errors {
		doc.Errors = append(doc.Errors, lineErrors(ctx, e)...)
	}
	return &importOutput{Body: doc}, nil
}

func lineErrors(ctx context.Context, e customer.LineError) []LineError {
	p := translate(ctx, e.Err)
	if len(p.Errors) == 0 {
		return []LineError{{Line: e.Line, Code: p.Code, Problem: p.Detail}}
	}
	list := make([]LineError, len(p.Errors))
	for i, f := range p.Errors {
		list[i] = LineError{Line: e.Line, Code: p.Code, Field: f.Field, Problem: f.Problem}
	}
	return list
}
