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

// MaxImport is how many bytes of a file one request may bring. In base64, as API
// Gateway hands NDJSON to Lambda, it stays below Lambda's 6 MB.
const MaxImport = 4 << 20

const (
	typeCSV    = "text/csv"
	typeNDJSON = "application/x-ndjson"
)

func (a *api) importRoutes() {
	register(a, route{
		id: "import-customers", method: http.MethodPost, path: "/v1/imports/customers", tag: "Import",
		summary:     "Import customers from CSV or NDJSON",
		description: describeImport("Columns are called id, organisation, firstName, lastName, name (split at its last space), email, phone, push and consent.<name>, in whatever case and with or without spaces, or as other programs call them; others are mapped by map or left out. An NDJSON line is what POST /v1/customers takes. A line is about the customer of its id or, without one, of its e-mail address; what happens to those that exist is up to onExisting."),
		refusals:    importRefusals, response: exampleImport,
		body: importBody(exampleCustomersCSV, exampleCustomersNDJSON),
	}, a.importCustomers)
	register(a, route{
		id: "import-records", method: http.MethodPost, path: "/v1/imports/records", tag: "Import",
		summary:     "Import records from CSV or NDJSON",
		description: describeImport("Columns are called customer, id, kind and parent, or key in place of the last three; all others become fields of data, as text. An NDJSON line is {customer, key, data} or {customer, kind, id, parent, data}. Parents come before their children. Records that exist are left as they are."),
		refusals:    importRefusals, response: exampleImport,
		body: importBody(exampleRecordsCSV, exampleRecordsNDJSON),
	}, a.importRecords)
}

var importRefusals = []*problemType{brokenBody, malformed, fileTooLarge, unsupported}

func describeImport(columns string) string {
	return columns + ` The file is in UTF-8, or in UTF-16 with its byte order mark; the first line of CSV names the columns. A line that can't be read or breaks a rule fails alone, and is told by its number in the file. A file that is no table, or of which no column is known, is refused. With dryRun nothing is written, and the answer is what the import would answer.

A request takes 4 MB. Split a larger file, here customers.csv, with its header in each part:

    tail -n +2 customers.csv | split -C 4000k --filter='{ head -n 1 customers.csv; cat; } > $FILE.csv' - part-

The answer has resumeFromLine when there was no time for the whole file: send it again with fromLine, as the header Link says.`
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
	Map       []string `query:"map,explode" maxItems:"200" doc:"Of CSV: what a column is, as column:field. Give it once for each." example:"companyName:organisation"`
	Null      string   `query:"null" maxLength:"40" doc:"Of CSV: a text that means no value." example:"NULL"`
	Delimiter string   `query:"delimiter" maxLength:"3" doc:"Of CSV: one character, or tab. Left out, comma, semicolon, tab or | is recognised, and a first line such as sep=; is taken for what it says."`

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
		return nil, customer.Invalid("query.delimiter", "must be one character, or tab")
	}
	file, err := tabular.NewCSV(u.body, delimiter)
	return file, fileError(err)
}

// ndjson opens the upload as NDJSON.
func (u *Upload) ndjson() (iter.Seq[tabular.Line], error) {
	lines, err := tabular.NDJSON(u.body)
	return lines, fileError(err)
}

// fileError refuses a file by what is wrong with its beginning.
func fileError(err error) error {
	if wrong, ok := errors.AsType[*tabular.LineError](err); ok {
		return customer.Invalid("line 1", wrong.Problem)
	}
	return readError(err)
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
		return fileTooLarge
	case errors.As(err, &wrong):
		return &imports.UnreadableError{Problem: wrong.Problem}
	}
	return fmt.Errorf("read the body: %w: %w", brokenBody, err)
}

// rowError is why nothing can be made of a row.
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
	DryRun         bool           `json:"dryRun" doc:"Nothing was written; all else is as it would be."`
	Lines          int            `json:"lines" doc:"Looked at, blank ones left out: created, updated, existing and failed."`
	Created        int            `json:"created"`
	Updated        int            `json:"updated" doc:"There already, and changed to what the line says, as onExisting update asks."`
	Existing       int            `json:"existing" doc:"There already, and left as they are."`
	Failed         int            `json:"failed"`
	Blank          int            `json:"blank" doc:"Rows without any value, which were skipped."`
	Errors         []LineError    `json:"errors" doc:"Of the first 200 lines that failed."`
	MoreErrors     int            `json:"moreErrors" doc:"Lines that failed and are not in errors."`
	Found          []Found        `json:"found" doc:"What is there already, of the first 200 lines that are about such: those that existing and updated count."`
	MoreFound      int            `json:"moreFound" doc:"Lines about what is there already that are not in found."`
	ResumeFromLine int            `json:"resumeFromLine,omitempty" doc:"There was no time for the lines from this one on: send the file again with fromLine."`
	MappedColumns  []MappedColumn `json:"mappedColumns" doc:"Columns that were taken for a field although they are not called exactly so. Use map to say otherwise."`
	IgnoredColumns []string       `json:"ignoredColumns" doc:"Columns that nothing was made of."`
}

// LineError is one thing that is wrong with one line.
type LineError struct {
	Line        int                 `json:"line" doc:"Its number in the file, the first being 1."`
	Code        string              `json:"code" example:"INVALID"`
	Field       string              `json:"field,omitempty" example:"email"`
	Problem     string              `json:"problem" example:"is not an e-mail address such as ann@example.com"`
	Owner       *Owner              `json:"owner,omitempty" doc:"With EXISTS and EMAIL_TAKEN: the customer that the line is about, or that has its address."`
	Certificate *ledger.Certificate `json:"certificate,omitempty" doc:"With PURGED: the proof of the purge."`
}

// Found is what a line is about, when it is there already.
type Found struct {
	Line     int      `json:"line" doc:"Its number in the file, the first being 1."`
	Customer string   `json:"customer" example:"ALFKI"`
	Record   string   `json:"record,omitempty" doc:"Of an import of records: the record's key." example:"invoice~10248"`
	State    string   `json:"state" enum:"active,deleted" doc:"Of the customer; deleted: it is in the trash."`
	Data     string   `json:"data" enum:"equal,different" doc:"Whether the line said something else than was there."`
	Differs  []string `json:"differs,omitempty" doc:"The fields that were different." example:"[\"phone\"]"`
	Updated  bool     `json:"updated" doc:"It was changed to what the line says."`
}

type importOutput struct {
	Link string `header:"Link" doc:"Where to send the file again, as rel=next, if there was no time for all of it."`
	Body Import
}

// imported answers an import. One that stopped half-way through a fault of ours says
// where to go on; one that did nothing is a failed request.
func (a *api) imported(ctx context.Context, in *Upload, cols *columns, result imports.Result, err error) (*importOutput, error) {
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
		ResumeFromLine: result.ResumeFrom, MappedColumns: cols.guessed(), IgnoredColumns: cols.ignored(),
	}
	for _, e := range result.Errors {
		doc.Errors = append(doc.Errors, lineErrors(ctx, e)...)
	}
	return &importOutput{Link: goOn(requestOf(ctx).uri, result.ResumeFrom), Body: doc}, nil
}

// goOn is the Link header that leads to the lines that are left.
func goOn(uri string, line int) string {
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
