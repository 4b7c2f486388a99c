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
		description: "Adds a record of a kind that is in the settings. With parent, the record is below another one. If id is left out, Lethe makes one.",
		refusals:    []*problemType{notFound, purged, hidden, purgeStarted, exists, noParent, badKey, keyReused},
		request:     exampleNewRecord, response: exampleRecord,
	}, a.addRecord)
	register(a, route{
		id: "list-records", method: http.MethodGet, path: "/v1/customers/{id}/records", tag: "Records",
		summary:     "List a customer's records",
		description: "Parents come before their children. kind selects the records of a kind at all levels, parent those below a record.",
		refusals:    []*problemType{notFound, purged, hidden, purgeStarted, badCursor}, response: exampleRecordPage,
	}, a.listRecords)
	register(a, route{
		id: "get-record", method: http.MethodGet, path: "/v1/customers/{id}/records/{key}", tag: "Records",
		summary:     "Show a record",
		description: "The records of a customer in the trash are hidden until it is restored.",
		refusals:    []*problemType{notFound, noRecord, purged, hidden, purgeStarted}, response: exampleRecord,
	}, a.showRecord)
	register(a, route{
		id: "remove-record", method: http.MethodDelete, path: "/v1/customers/{id}/records/{key}", tag: "Records", status: http.StatusNoContent,
		summary:     "Remove a record for good",
		description: "Removes the record and all records below it. Restoring the customer does not bring them back.",
		refusals:    []*problemType{notFound, noRecord, purged, hidden, purgeStarted},
	}, a.removeRecord)
}

// Data is the content of a record: a JSON object, stored as it was sent.
type Data json.RawMessage

// MarshalJSON returns the data unchanged, and an empty object if there is no data.
func (d Data) MarshalJSON() ([]byte, error) {
	if len(d) == 0 {
		return []byte("{}"), nil
	}
	return d, nil
}

// UnmarshalJSON copies the data unchanged.
func (d *Data) UnmarshalJSON(data []byte) error {
	*d = append((*d)[:0], data...)
	return nil
}

// Schema returns the schema of an object with any fields.
func (Data) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

// NewRecord is a record to add.
type NewRecord struct {
	Kind   string `json:"kind" maxLength:"32" doc:"A kind that is in the settings." example:"invoice"`
	ID     string `json:"id,omitempty" maxLength:"64" doc:"If left out, Lethe makes one. The id stays in the audit log after the purge: do not use personal data." example:"10248"`
	Parent string `json:"parent,omitempty" maxLength:"800" doc:"The key of the record above, for a record below another." example:"invoice~10248"`
	Data   Data   `json:"data,omitempty" doc:"A JSON object of up to 64 KB."`
}

// Record is a record of one customer.
type Record struct {
	Key     string    `json:"key" doc:"The path of the record in its customer: kind~id, or kind~id~kind~id for a record below another." example:"invoice~10248"`
	Kind    string    `json:"kind" example:"invoice"`
	ID      string    `json:"id" example:"10248"`
	Parent  string    `json:"parent,omitempty" doc:"The key of the record above."`
	Data    Data      `json:"data"`
	Created time.Time `json:"created" doc:"The time when the record was added."`
	By      string    `json:"by,omitempty" doc:"The subject that added the record. Absent in a retained record of a purged customer."`
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
	Location string `header:"Location" doc:"The path of the record."`
	Replayable
	Body Record
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
	if _, ok := replayOf(err); ok {
		out.Replayed, err = replayedHeader, nil
	}
	if err != nil {
		return nil, hideInTrash(err)
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
		return nil, customer.Invalid("parent", "must be the key of a record: kind~id, or kind~id~kind~id for a record below another, up to 7 levels")
	}
	key := parent.Child(r.Kind, id)
	return key, key.Validate()
}

// hideInTrash presents a customer in the trash as one with hidden records, not as one that can't be changed.
func hideInTrash(err error) error {
	if errors.Is(err, customer.ErrInTrash) {
		return hidden
	}
	return err
}

// recordsError returns the error of a read of records. If there is no customer, it asks the service why: the error of a
// purged customer has its certificate.
func (a *api) recordsError(ctx context.Context, id string, err error) error {
	if errors.Is(err, customer.ErrNotFound) {
		if _, gerr := a.svc.Get(ctx, id); gerr != nil {
			return gerr
		}
	}
	return hideInTrash(err)
}

func (a *api) record(ctx context.Context, id string, key customer.Key) (customer.Record, error) {
	r, err := a.svc.Record(ctx, id, key)
	if err != nil {
		return customer.Record{Key: key}, a.recordsError(ctx, id, err)
	}
	return r, nil
}

type listRecordsInput struct {
	Target
	Kind   string `query:"kind" maxLength:"32" pattern:"^[a-z][a-z0-9_-]{0,31}$" patternDescription:"up to 32 lower-case letters, digits, hyphens and underscores, the first a letter" doc:"Only records of this kind." example:"invoice"`
	Parent string `query:"parent" maxLength:"800" doc:"Only the records below the one with this key." example:"invoice~10248"`
	Paging
}

// RecordPage is a page of records.
type RecordPage struct {
	Records    []Record `json:"records"`
	NextCursor string   `json:"nextCursor,omitempty" doc:"Absent on the last page."`
}

func (a *api) listRecords(ctx context.Context, in *listRecordsInput) (*pageOutput[RecordPage], error) {
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
		return nil, a.recordsError(ctx, in.ID, err)
	}
	return recordPage(page, in.next(customerPath(in.ID)+"/records", query, page.Cursor)), nil
}

func recordPage(page customer.RecordPage, link string) *pageOutput[RecordPage] {
	return &pageOutput[RecordPage]{
		Link: link,
		Body: RecordPage{Records: documents(page.Records, recordOf), NextCursor: page.Cursor},
	}
}

type recordInput struct {
	Target
	Key string `path:"key" maxLength:"800" doc:"The record's key." example:"invoice~10248"`
}

func (a *api) showRecord(ctx context.Context, in *recordInput) (*output[Record], error) {
	key, err := customer.ParseKey(in.Key)
	if err != nil {
		return nil, err
	}
	r, err := a.record(ctx, in.ID, key)
	if err != nil {
		return nil, err
	}
	return &output[Record]{Body: recordOf(r)}, nil
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
	return &noOutput{}, hideInTrash(a.svc.RemoveRecord(ctx, in.ID, key, ch))
}
