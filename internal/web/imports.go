package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"lethe/internal/customer"
	"lethe/internal/imports"
	"lethe/internal/ledger"
	"lethe/internal/tabular"
)

// MaxImport is the largest body of an import, in bytes. API Gateway sends NDJSON to Lambda in base64: that must stay
// below Lambda's 6 MB.
const MaxImport = 4 << 20

const (
	typeCSV    = "text/csv"
	typeNDJSON = "application/x-ndjson"
)

func (a *api) importRoutes() {
	register(a, route{
		id: "import-customers", method: http.MethodPost, path: "/v1/imports/customers", tag: "Import",
		summary:     "Import customers from CSV or NDJSON",
		description: describeImport("The columns are id, organisation, firstName, lastName, name (split at its last space), email, phone, push and consent.<name>. Case, spaces, hyphens and underscores make no difference, and common names in other programs are known. Map other columns with map, or they are ignored. An NDJSON line is the body of POST /v1/customers. A line belongs to the customer with its id or, without an id, with its e-mail address. If that customer exists, onExisting decides."),
		refusals:    importRefusals, response: exampleImport,
		body: importBody(exampleCustomersCSV, exampleCustomersNDJSON),
	}, a.importCustomers)
	register(a, route{
		id: "import-records", method: http.MethodPost, path: "/v1/imports/records", tag: "Import",
		summary:     "Import records from CSV or NDJSON",
		description: describeImport("The columns are customer, id, kind and parent, or key instead of the last three. All other columns become fields of data, as text. An NDJSON line is {customer, key, data} or {customer, kind, id, parent, data}. A parent must come before its children. A record that exists does not change."),
		refusals:    importRefusals, response: exampleImport,
		body: importBody(exampleRecordsCSV, exampleRecordsNDJSON),
	}, a.importRecords)
}

var importRefusals = []*problemType{brokenBody, malformed, fileTooLarge, unsupported}

func describeImport(columns string) string {
	return columns + ` The file is in UTF-8, or in UTF-16 with a byte order mark. The first line of CSV names the columns. A line that can't be read or breaks a rule fails alone, and errors has its line number. A file that is not a table, or has no known column, is refused. With dryRun, nothing is written, and the answer is the one that the import would give.

A request takes 4 MB. Split a larger file, with its header in each part:

    tail -n +2 customers.csv | split -C 4000k --filter='{ head -n 1 customers.csv; cat; } > $FILE.csv' - part-

If there was no time for the whole file, the answer has resumeFromLine. Send the file again with that as fromLine, to the address in the Link header.`
}

func importBody(csv, ndjson string) func() *huma.RequestBody {
	text := func() *huma.Schema { return &huma.Schema{Type: huma.TypeString} }
	return func() *huma.RequestBody {
		return &huma.RequestBody{
			Required: true,
			Content: map[string]*huma.MediaType{
				typeCSV:    {Schema: text(), Example: csv},
				typeNDJSON: {Schema: text(), Example: ndjson},
			},
		}
	}
}

// Upload is a file that is read while it arrives.
type Upload struct {
	DryRun    bool     `query:"dryRun" doc:"Check every line, and write nothing."`
	FromLine  int      `query:"fromLine" minimum:"1" doc:"Skip the lines before this one. Send resumeFromLine of the previous answer."`
	Map       []string `query:"map,explode" maxItems:"200" doc:"For CSV: the field of a column, as column:field. Repeat the parameter for each column." example:"companyName:organisation"`
	Null      string   `query:"null" maxLength:"40" doc:"For CSV: the text that means no value." example:"NULL"`
	Delimiter string   `query:"delimiter" maxLength:"3" doc:"For CSV: the delimiter, one character or the word tab. If left out, comma, semicolon, tab and | are recognised, and so is a first line such as sep=;."`

	body      io.Reader
	mediaType string
	tooLarge  bool
}

// Resolve takes the unread body. huma calls it.
func (u *Upload) Resolve(ctx huma.Context) []error {
	r, w := humago.Unwrap(ctx)
	u.body = http.MaxBytesReader(w, r.Body, MaxImport)
	u.tooLarge = r.ContentLength > MaxImport
	u.mediaType = mediaType(r.Header.Get("Content-Type"))
	return nil
}

// mediaType returns the media type of a Content-Type header; empty if it can't be imported.
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
		return unsupported
	case u.tooLarge:
		return fileTooLarge
	}
	return nil
}

// csv opens the upload as CSV.
func (u *Upload) csv() (*tabular.CSV, error) {
	delimiter, ok := tabular.Delimiter(u.Delimiter)
	if !ok {
		return nil, customer.Invalid("query.delimiter", "must be one character, or the word tab")
	}
	file, err := tabular.NewCSV(u.body, delimiter)
	return file, fileError(err)
}

// ndjson opens the upload as NDJSON.
func (u *Upload) ndjson() (iter.Seq[tabular.Line], error) {
	lines, err := tabular.NDJSON(u.body)
	return lines, fileError(err)
}

// fileError refuses a file for an error in its first line.
func fileError(err error) error {
	if wrong, ok := errors.AsType[*tabular.LineError](err); ok {
		return customer.Invalid("line 1", wrong.Problem)
	}
	return readError(err)
}

// readError refuses a file that is too large, a line that is unreadable, and a body that ends too early.
func readError(err error) error {
	var (
		large *http.MaxBytesError
		wrong *tabular.LineError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &large):
		return fileTooLarge
	case errors.As(err, &wrong):
		return &imports.UnreadableError{Problem: wrong.Problem}
	}
	return fmt.Errorf("read the body: %w: %w", brokenBody, err)
}

// rowError returns why a row can't be imported, nil if it can.
func rowError(row tabular.Row) error {
	if row.Blank {
		return imports.ErrBlankLine
	}
	return readError(row.Err)
}

func (u *Upload) options(ctx context.Context, onExisting string) imports.Options {
	return imports.Options{
		By: actorOf(ctx), DryRun: u.DryRun, OnExisting: imports.OnExisting(onExisting), From: u.FromLine,
	}
}

// Import is the result of an import.
type Import struct {
	DryRun         bool           `json:"dryRun" doc:"true: nothing was written. The rest is what the import would answer."`
	Lines          int            `json:"lines" doc:"Lines that were read, except blank ones: the sum of created, updated, existing and failed."`
	Created        int            `json:"created"`
	Updated        int            `json:"updated" doc:"Customers that existed and were changed, with onExisting=update."`
	Existing       int            `json:"existing" doc:"Customers or records that existed and were not changed."`
	Failed         int            `json:"failed"`
	Blank          int            `json:"blank" doc:"Rows without any value. They are skipped."`
	Errors         []LineError    `json:"errors" doc:"The errors of the first 200 lines that failed."`
	MoreErrors     int            `json:"moreErrors" doc:"The number of lines that failed and are not in errors."`
	Found          []Found        `json:"found" doc:"What existed, for the first 200 of the lines that existing and updated count."`
	MoreFound      int            `json:"moreFound" doc:"The number of lines that existing and updated count and that are not in found."`
	ResumeFromLine int            `json:"resumeFromLine,omitempty" doc:"The first line that there was no time for. Send the file again with it as fromLine."`
	MappedColumns  []MappedColumn `json:"mappedColumns" doc:"Columns that were mapped although their name is not exactly the name of the field. Use map for another field."`
	IgnoredColumns []string       `json:"ignoredColumns" doc:"Columns without a field. Use map to import them."`
}

// LineError is one error in one line.
type LineError struct {
	Line        int                 `json:"line" doc:"The line number in the file, from 1."`
	Code        string              `json:"code" example:"INVALID"`
	Field       string              `json:"field,omitempty" example:"email"`
	Problem     string              `json:"problem" example:"is not an e-mail address such as ann@example.com"`
	Owner       *Owner              `json:"owner,omitempty" doc:"With EXISTS: the customer with this id. With EMAIL_TAKEN: the customer with this e-mail address."`
	Certificate *ledger.Certificate `json:"certificate,omitempty" doc:"With PURGED: the certificate of the purge."`
}

// Found is the customer or record of a line, if it existed before the import.
type Found struct {
	Line     int      `json:"line" doc:"The line number in the file, from 1."`
	Customer string   `json:"customer" example:"ALFKI"`
	Record   string   `json:"record,omitempty" doc:"In an import of records: the key of the record." example:"invoice~10248"`
	State    string   `json:"state" enum:"active,deleted" doc:"The state of the customer; deleted: it is in the trash."`
	Data     string   `json:"data" enum:"equal,different" doc:"Whether the line had the same data as the store."`
	Differs  []string `json:"differs,omitempty" doc:"The fields with different data." example:"[\"phone\"]"`
	Updated  bool     `json:"updated" doc:"true: the customer was changed to the data of the line."`
}

type importOutput struct {
	Link string `header:"Link" doc:"If there was no time for the whole file: the address to send it to again, as rel=next."`
	Body Import
}

// answerImport answers an import. If a fault stopped it half-way, the answer says where to resume. If it did nothing, the
// request fails.
func (a *api) answerImport(ctx context.Context, in *Upload, cols *columns, result imports.Result, err error) (*importOutput, error) {
	if err != nil && (result.Lines == 0 || errors.Is(err, fileTooLarge) || errors.Is(err, brokenBody)) {
		return nil, err
	}
	if err != nil {
		a.report(ctx, err)
	}
	doc := Import{
		DryRun: in.DryRun, Lines: result.Lines, Created: result.Created, Updated: result.Updated, Existing: result.Existing,
		Failed: result.Failed, Blank: result.Blank, Errors: []LineError{}, MoreErrors: result.Failed - len(result.Errors),
		Found: documents(result.Found, foundOf), MoreFound: result.Existing + result.Updated - len(result.Found),
		ResumeFromLine: result.ResumeFrom, MappedColumns: cols.mappedColumns(), IgnoredColumns: cols.ignoredColumns(),
	}
	for _, e := range result.Errors {
		doc.Errors = append(doc.Errors, lineErrors(ctx, e)...)
	}
	return &importOutput{Link: resumeLink(requestOf(ctx).uri, result.ResumeFrom), Body: doc}, nil
}

// resumeLink returns the Link header to import the rest of the file, empty if all of it is imported.
func resumeLink(uri string, line int) string {
	address, err := url.Parse(uri)
	if line == 0 || err != nil {
		return ""
	}
	query := address.Query()
	query.Set("fromLine", strconv.Itoa(line))
	return fmt.Sprintf(`<%s?%s>; rel="next"`, address.Path, query.Encode())
}

func foundOf(e imports.Existing) Found {
	doc := Found{
		Line: e.Line, Customer: e.Customer, Record: e.Record.String(), State: string(e.State),
		Data: "equal", Differs: e.Differs, Updated: e.Updated,
	}
	if len(e.Differs) > 0 {
		doc.Data = "different"
	}
	return doc
}

func lineErrors(ctx context.Context, e imports.LineError) []LineError {
	p := translate(ctx, e.Err)
	if len(p.Errors) == 0 {
		first := LineError{Line: e.Line, Code: p.Code, Problem: p.Detail, Owner: p.Owner, Certificate: p.Certificate}
		if there, ok := errors.AsType[*imports.ExistingError](e.Err); ok {
			first.Owner = ownerOf(there.Customer, there.State)
		}
		return []LineError{first}
	}
	list := make([]LineError, len(p.Errors))
	for i, f := range p.Errors {
		list[i] = LineError{Line: e.Line, Code: p.Code, Field: f.Field, Problem: f.Problem}
	}
	return list
}
