package web

import (
	"context"
	"encoding/json"
	"iter"
	"reflect"
	"strings"

	"lethe/internal/customer"
	"lethe/internal/imports"
	"lethe/internal/tabular"
)

type importRecordsInput struct {
	Upload
	Kind   string `query:"kind" maxLength:"32" doc:"Of CSV: the kind of all records, where no column says it." example:"invoice"`
	Parent string `query:"parent" maxLength:"800" doc:"Of CSV: the key of each record's parent, with columns in braces." example:"invoice~{orderID}"`

	OnExisting string `query:"onExisting" enum:"skip,fail" default:"skip" doc:"What to do with a line about a record that exists: leave the record as it is, or fail the line."`
}

func (a *api) importRecords(ctx context.Context, in *importRecordsInput) (*importOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	lines, cols, err := in.records(a.newLineSchema(reflect.TypeFor[importedRecord]()))
	if err != nil {
		return nil, err
	}
	result, err := imports.Records(ctx, a.svc, lines, in.options(ctx, in.OnExisting))
	return a.imported(ctx, &in.Upload, cols, result, err)
}

func (in *importRecordsInput) records(schema *lineSchema) (iter.Seq[imports.RecordLine], *columns, error) {
	if in.mediaType == typeNDJSON {
		lines, err := in.ndjson()
		return recordObjects(lines, schema), &columns{}, err
	}
	file, err := in.csv()
	if err != nil {
		return nil, nil, err
	}
	rows, err := in.recordColumns(file.Columns())
	if err != nil {
		return nil, nil, err
	}
	return rows.lines(file), rows.columns, nil
}

// recordRows says how a row becomes a record.
type recordRows struct {
	*columns
	kind   string
	parent *keyTemplate
}

func (in *importRecordsInput) recordColumns(names []string) (*recordRows, error) {
	cols, err := newColumns(names, in.Map, in.Null, recordFields)
	if err != nil {
		return nil, err
	}
	rows := &recordRows{columns: cols, kind: in.Kind}
	if in.Parent != "" {
		t, err := parseTemplate(in.Parent, names)
		if err != nil {
			return nil, err
		}
		rows.parent = &t
	}
	return rows, rows.check()
}

// check refuses a file of which no line could be imported.
func (r *recordRows) check() error {
	separate := r.kind != "" || r.parent != nil || r.has("kind") || r.has("id") || r.has("parent")
	switch {
	case !r.has("customer"):
		return customer.Invalid("query.map", "no column is the customer; map one to customer; fields are "+r.known()+"; "+foundColumns(r.names))
	case r.has("key") && separate:
		return customer.Invalid("query.map", "a key has the kind, id and parent in it already; give either")
	case r.has("key"):
		return nil
	case !r.has("id"):
		return customer.Invalid("query.map", "no column is the id, without which a repeated import would add everything again; map one to id")
	case r.kind == "" == !r.has("kind"):
		return customer.Invalid("query.kind", "give the kind of all records, or map a column to kind, and not both")
	case r.parent != nil && r.has("parent"):
		return customer.Invalid("query.parent", "give the parent, or map a column to parent, and not both")
	}
	return nil
}

func (r *recordRows) lines(file *tabular.CSV) iter.Seq[imports.RecordLine] {
	return func(yield func(imports.RecordLine) bool) {
		for row := range file.Rows() {
			line := imports.RecordLine{Line: row.Line, Err: rowError(row)}
			if line.Err == nil {
				line = r.line(row)
			}
			if !yield(line) {
				return
			}
		}
	}
}

func (r *recordRows) line(row tabular.Row) imports.RecordLine {
	values := r.values(row.Values)
	doc := importedRecord{
		Customer: values["customer"], Key: values["key"], Kind: values["kind"], ID: values["id"], Parent: values["parent"],
	}
	if r.kind != "" {
		doc.Kind = r.kind
	}
	if r.parent != nil {
		doc.Parent = r.parent.fill(row.Values)
	}
	data := map[string]string{}
	for target, value := range values {
		if field, ok := strings.CutPrefix(target, dataPrefix); ok {
			data[field] = value
		}
	}
	doc.Data, _ = json.Marshal(data) // texts can be written
	return doc.line(row.Line)
}

// importedRecord is a line of NDJSON.
type importedRecord struct {
	Customer string `json:"customer,omitempty"`
	Key      string `json:"key,omitempty"`
	Kind     string `json:"kind,omitempty" maxLength:"32"`
	ID       string `json:"id,omitempty" maxLength:"64"`
	Parent   string `json:"parent,omitempty" maxLength:"800"`
	Data     Data   `json:"data,omitempty"`
}

func (d importedRecord) line(number int) imports.RecordLine {
	key, err := d.key()
	if err != nil {
		return imports.RecordLine{Line: number, Err: err}
	}
	return imports.RecordLine{
		Line: number, Customer: d.Customer, Record: customer.Record{Key: key, Data: json.RawMessage(d.Data)},
	}
}

func (d importedRecord) key() (customer.Key, error) {
	if d.Key != "" {
		if d.Kind+d.ID+d.Parent != "" {
			return nil, customer.Invalid("key", "has the kind, id and parent in it already; give either")
		}
		return customer.ParseKey(d.Key)
	}
	if d.ID == "" {
		return nil, customer.Invalid("id", "is missing")
	}
	return NewRecord{Kind: d.Kind, ID: d.ID, Parent: d.Parent}.key(customer.Change{})
}

func recordObjects(lines iter.Seq[tabular.Line], schema *lineSchema) iter.Seq[imports.RecordLine] {
	return func(yield func(imports.RecordLine) bool) {
		for l := range lines {
			var doc importedRecord
			line := imports.RecordLine{Line: l.Line, Err: readError(l.Err)}
			if line.Err == nil {
				_, line.Err = schema.decode(l.Data, &doc)
			}
			if line.Err == nil {
				line = doc.line(l.Line)
			}
			if !yield(line) {
				return
			}
		}
	}
}
