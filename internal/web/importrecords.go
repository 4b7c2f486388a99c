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
	Kind   string `query:"kind" maxLength:"32" doc:"For CSV: the kind of all records, if no column has it." example:"invoice"`
	Parent string `query:"parent" maxLength:"800" doc:"For CSV: the key of the parent of each record, with the names of columns in braces." example:"invoice~{orderID}"`

	OnExisting string `query:"onExisting" enum:"skip,fail" default:"skip" doc:"What to do if the record of a line exists: skip the line, or fail it."`
}

func (a *api) importRecords(ctx context.Context, in *importRecordsInput) (*importOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	lines, cols, err := in.records(newLineSchema(reflect.TypeFor[importedRecord]()))
	if err != nil {
		return nil, err
	}
	result, err := imports.Records(ctx, a.svc, lines, in.options(ctx, in.OnExisting))
	return a.answerImport(ctx, &in.Upload, cols, result, err)
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

// recordRows makes records from the rows of a CSV file.
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

// check refuses a mapping that no line could be imported with.
func (r *recordRows) check() error {
	separate := r.kind != "" || r.parent != nil || r.has("kind") || r.has("id") || r.has("parent")
	switch {
	case !r.has("customer"):
		return customer.Invalid("query.map", "no column is mapped to customer; map one, as column:customer; known fields: "+r.known()+"; "+foundColumns(r.names))
	case r.has("key") && separate:
		return customer.Invalid("query.map", "a key contains the kind, id and parent; give the key, or the other three")
	case r.has("key"):
		return nil
	case !r.has("id"):
		return customer.Invalid("query.map", "no column is mapped to id; map one, as column:id: without ids, a repeated import would add all records again")
	case r.kind == "" == !r.has("kind"):
		return customer.Invalid("query.kind", "give either the kind of all records here, or a column for it as map=column:kind")
	case r.parent != nil && r.has("parent"):
		return customer.Invalid("query.parent", "give either the parent here, or a column for it as map=column:parent")
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
	doc.Data, _ = json.Marshal(data) // a map of strings always encodes
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
			return nil, customer.Invalid("key", "contains the kind, id and parent; give the key, or the other three")
		}
		return customer.ParseKey(d.Key)
	}
	if d.ID == "" {
		return nil, customer.Invalid("id", "is missing; give the id of the record, or its key")
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
