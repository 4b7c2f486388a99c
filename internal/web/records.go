package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"lethe/internal/customer"
)

func (a *api) recordRoutes() {
	register(a, route{
		id: "add-record", method: http.MethodPost, path: "/v1/customers/{id}/records", tag: "Records", status: http.StatusCreated,
		summary:     "Add a record",
		description: "Adds a record of a kind that the settings declare, at the top or below another. Without an id one is made.",
		refusals:    []*problemType{notFound, purged, hidden, purgeStarted, exists, noParent, badKey, keyReused},
		request:     exampleNewRecord, response: exampleRecord,
	}, a.addRecord)
	register(a, route{
		id: "list-records", method: http.MethodGet, path: "/v1/customers/{id}/records", tag: "Records",
		summary:     "List a customer's records",
		description: "Parents before their children. With kind, only records of that kind, at the top and below others; with parent, only those below it.",
		refusals:    []*problemType{notFound, purged, hidden, purgeStarted, badCursor}, response: exampleRecordPage,
	}, a.listRecords)
	register(a, route{
		id: "get-record", method: http.MethodGet, path: "/v1/customers/{id}/records/{key}", tag: "Records",
		summary:     "Show a record",
		description: "Records of a customer in the trash are hidden with it.",
		refusals:    []*problemType{notFound, noRecord, purged, hidden, purgeStarted}, response: exampleRecord,
	}, a.showRecord)
	register(a, route{
		id: "remove-record", method: http.MethodDelete, path: "/v1/customers/{id}/records/{key}", tag: "Records", status: http.StatusNoContent,
		summary:     "Remove a record for good",
		description: "Removes the record and all below it. A later restore of the customer does not bring it back.",
		refusals:    []*problemType{notFound, noRecord, purged, hidden, purgeStarted},
	}, a.removeRecord)
}

// Data is what a record holds: any JSON object, kept as it was sent.
type Data json.RawMessage

// MarshalJSON writes the data as it is; none is an empty object.
func (d Data) MarshalJSON() ([]byte, error) {
	if len(d) == 0 {
		return []byte("{}"), nil
	}
	return d, nil
}

// UnmarshalJSON keeps the data as it is.
func (d *Data) UnmarshalJSON(data []byte) error {
	*d = append((*d)[:0], data...)
	return nil
}

// Schema is that of any object.
func (Data) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

// NewRecord is a record to be.
type NewRecord struct {
	Kind   string `json:"kind" maxLength:"32" doc:"Declared in the settings." example:"invoice"`
	ID     string `json:"id,omitempty" maxLength:"64" doc:"Leave it out to have one made. The audit log keeps it when the customer is gone: it should name nobody." example:"10248"`
	Parent string `json:"parent,omitempty" maxLength:"800" doc:"The key of the record that it goes below." example:"invoice~10248"`
	Data   Data   `json:"data,omitempty" doc:"Any JSON object up to 64 KB."`
}

// Record is a dependent of one customer.
type Record struct {
	Key     string    `json:"key" doc:"Names the record within its customer: kind~id, or kind~id~kind~id below another." example:"invoice~10248"`
	Kind    string    `json:"kind" example:"invoice"`
	ID      string    `json:"id" example:"10248"`
	Parent  string    `json:"parent,omitempty" doc:"The key of the record above."`
	Data    Data      `json:"data"`
	Created time.Time `json:"created"`
	By      string    `json:"by,omitempty" doc:"The subject of who added it; forgotten in what the law keeps."`
}

func recordOf(r customer.Record) Record {
	return Record{
		Key: r.Key.String(), Kind: r.Key.Kind(), ID: r.Key.ID(), Parent: r.Key.Parent().String(),
		Data: Data(r.Data), Created: timeOf(r.Created), By: r.By,
	}
}

func recordPath(id string, key customer.Key) string {
	return customerPath(id) + "/records/" + url.PathEscape(key.String())
}

type addRecordInput struct {
	Target
	Idempotent
	Body NewRecord
}

type addRecordOutput struct {
	Location string `header:"Location" doc:"The address of the record."`
	Replayed string `header:"Idempotency-Replayed" doc:"true: this was done before under the same key."`
	Body     Record
}

func (a *api) addRecord(ctx context.Context, in *addRecordInput) (*addRecordOutput, error) {
	ch, err := changeOnce(ctx, Reason{}, in.Idempotent)
	if err != nil {
		return nil, err
	}
	key, err := in.Body.key(ch)
	if err != nil {
		return nil, err
	}
	ch.Subject = key.String()
	r, err := a.svc.AddRecord(ctx, in.ID, customer.Record{Key: key, Data: json.RawMessage(in.Body.Data)}, ch)
	out := &addRecordOutput{Location: recordPath(in.ID, key), Body: recordOf(r)}
	if _, ok := replayed(err); ok {
		out.Replayed, err = replayedHeader, nil
	}
	if err != nil {
		return nil, a.inTrash(err)
	}
	return out, nil
}

func (r NewRecord) key(ch customer.Change) (customer.Key, error) {
	id := r.ID
	if id == "" {
		id = idFor(ch)
	}
	if r.Parent == "" {
		key := customer.Key{{Kind: r.Kind, ID: id}}
		return key, key.Validate()
	}
	parent, err := customer.ParseKey(r.Parent)
	if err != nil {
		return nil, customer.Invalid("parent", "must be the key of a record: kind~id, or kind~id~kind~id for one below another, at most 7 deep")
	}
	key := parent.Child(r.Kind, id)
	return key, key.Validate()
}

// inTrash says that what the error is about is hidden, not that it can't be changed.
func (a *api) inTrash(err error) error {
	if errors.Is(err, customer.ErrInTrash) {
		return hidden
	}
	return err
}

// explained adds to a read of the store what a service's answer has: the certificate
// of a customer that is gone.
func (a *api) explained(ctx context.Context, id string, err error) error {
	if errors.Is(err, customer.ErrNotFound) {
		if _, gerr := a.svc.Get(ctx, id); gerr != nil {
			return gerr
		}
	}
	return a.inTrash(err)
}

func (a *api) record(ctx context.Context, id string, key customer.Key) (customer.Record, error) {
	r, err := a.svc.Record(ctx, id, key)
	if err != nil {
		return customer.Record{Key: key}, a.explained(ctx, id, err)
	}
	return r, nil
}

type listRecordsInput struct {
	Target
	Kind   string `query:"kind" maxLength:"32" pattern:"^[a-z][a-z0-9_-]{0,31}$" patternDescription:"up to 32 lower-case letters, digits, hyphens and underscores, a letter first" doc:"Only these." example:"invoice"`
	Parent string `query:"parent" maxLength:"800" doc:"Only those below the record with this key." example:"invoice~10248"`
	Paging
}

// RecordPage is a page of records.
type RecordPage struct {
	Records    []Record `json:"records"`
	NextCursor string   `json:"nextCursor,omitempty" doc:"Absent on the last page."`
}

type recordPageOutput struct {
	Link string `header:"Link" doc:"The next page, as rel=next."`
	Body RecordPage
}

func (a *api) listRecords(ctx context.Context, in *listRecordsInput) (*recordPageOutput, error) {
	q := customer.RecordQuery{Customer: in.ID, Kind: in.Kind, Limit: in.Limit, Cursor: in.Cursor}
	query := url.Values{}
	if in.Kind != "" {
		query.Set("kind", in.Kind)
	}
	if in.Parent != "" {
		parent, err := customer.ParseKey(in.Parent)
		if err != nil {
			return nil, err
		}
		q.Parent = parent
		query.Set("parent", in.Parent)
	}
	page, err := a.svc.Records(ctx, q)
	if err != nil {
		return nil, a.explained(ctx, in.ID, err)
	}
	return recordPage(page, in.next(customerPath(in.ID)+"/records", query, page.Cursor)), nil
}

func recordPage(page customer.RecordPage, link string) *recordPageOutput {
	return &recordPageOutput{
		Link: link,
		Body: RecordPage{Records: documents(page.Records, recordOf), NextCursor: page.Cursor},
	}
}

type recordInput struct {
	Target
	Key string `path:"key" maxLength:"800" doc:"The record's key." example:"invoice~10248"`
}

type recordOutput struct{ Body Record }

func (a *api) showRecord(ctx context.Context, in *recordInput) (*recordOutput, error) {
	key, err := customer.ParseKey(in.Key)
	if err != nil {
		return nil, err
	}
	r, err := a.record(ctx, in.ID, key)
	if err != nil {
		return nil, err
	}
	return &recordOutput{Body: recordOf(r)}, nil
}

type noOutput struct{}

func (a *api) removeRecord(ctx context.Context, in *recordInput) (*noOutput, error) {
	key, err := customer.ParseKey(in.Key)
	if err != nil {
		return nil, err
	}
	ch, err := change(ctx, Reason{})
	if err != nil {
		return nil, err
	}
	return &noOutput{}, a.inTrash(a.svc.RemoveRecord(ctx, in.ID, key, ch))
}
