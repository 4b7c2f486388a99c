package web

import (
	"context"
	"encoding/json"
	"iter"
	"slices"

	"lethe/internal/customer"
	"lethe/internal/tabular"
)

type importRecordsInput struct {
	Upload
	Kind   string `query:"kind" maxLength:"32" doc:"Of CSV: the kind of all records, where no column says it." example:"invoice"`
	Parent string `query:"parent" maxLength:"800" doc:"Of CSV: the key of each record's parent, with columns in braces." example:"invoice~{orderID}"`
}

func (a *api) importRecords(ctx context.Context, in *importRecordsInput) (*importOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	lines, err := in.records()
	if err != nil {
		return nil, err
	}
	at := func(l customer.RecordLine) (int, error) { return l.Line, l.Err }
	result, err := a.svc.ImportRecords(ctx, from(in.FromLine, lines, at), actorOf(ctx), in.DryRun)
	return a.imported(ctx, &in.Upload, nil, result, err)
}

func (in *importRecordsInput) records() (iter.Seq[customer.RecordLine], error) {
	if in.mediaType == typeNDJSON {
		return in.recordObjects(), nil
	}
	file, err := in.csv()
	if err != nil {
		return nil, err
	}
	rows, err := in.recordColumns(file.Columns())
	if err != nil {
		return nil, err
	}
	return rows.lines(file), nil
}

// recordRows says how a row becomes a record.
type recordRows struct {
	*columns
	kind   string
	parent *keyTemplate
}

const dataPrefix = "data."

func isRecordColumn(name string) bool {
	return slices.Contains([]string{"customer", "key", "kind", "id", "parent"}, name)
}

func (in *importRecordsInput) recordColumns(names []string) (*recordRows, error) {
	cols, err := newColumns(names, in.Map, in.Null, isRecordColumn, func(name string) string { return dataPrefix + name })
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
		return customer.Invalid("query.map", "no column is the customer; map one to customer")
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

func (r *recordRows) lines(file *tabular.CSV) iter.Seq[customer.RecordLine] {
	return func(yield func(customer.RecordLine) bool) {
		for row := range file.Rows() {
			line := customer.RecordLine{Line: row.Line, Err: readError(row.Err)}
			if line.Err == nil {
				line = r.line(row)
			}
			if !yield(line) {
				return
			}
		}
	}
}

func (r *recordRows) line(row tabular.Row) customer.RecordLine {
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
		if !isRecordColumn(target) {
			data[target[len(dataPrefix):]] = value
		}
	}
	doc.Data, _ = json.Marshal(data) // texts can be written
	return doc.line(row.Line)
}

// importedRecord is a line of NDJSON.
type importedRecord struct {
	Customer string `json:"customer"`
	Key      string `json:"key"`
	Kind     string `json:"kind"`
	ID       string `json:"id"`
	Parent   string `json:"parent"`
	Data     Data   `json:"data"`
}

func (d importedRecord) line(number int) customer.RecordLine {
	key, err := d.key()
	if err != nil {
		return customer.RecordLine{Line: number, Err: err}
	}
	return customer.RecordLine{
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

func (in *importRecordsInput) recordObjects() iter.Seq[customer.RecordLine] {
	return func(yield func(customer.RecordLine) bool) {
		for l := range tabular.NDJSON(in.body) {
			var doc importedRecord
			line := customer.RecordLine{Line: l.Line, Err: readError(l.Err)}
			if line.Err == nil {
				line.Err = decodeLine(l.Data, &doc)
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
