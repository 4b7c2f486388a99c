package web

import (
	"context"
	"errors"
	"iter"
	"reflect"
	"strings"

	"lethe/internal/customer"
	"lethe/internal/imports"
	"lethe/internal/tabular"
)

type importCustomersInput struct {
	Upload
	OnExisting string `query:"onExisting" enum:"skip,update,fail" default:"skip" doc:"What to do if the customer of a line exists: skip the line, update the customer to the values of the line, or fail the line. An empty value changes nothing."`
}

func (a *api) importCustomers(ctx context.Context, in *importCustomersInput) (*importOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	lines, cols, err := in.customers(newLineSchema(reflect.TypeFor[NewCustomer]()))
	if err != nil {
		return nil, err
	}
	result, err := imports.Customers(ctx, a.svc, lines, in.options(ctx, in.OnExisting))
	return a.answerImport(ctx, &in.Upload, cols, result, err)
}

func (u *Upload) customers(schema *lineSchema) (iter.Seq[imports.CustomerLine], *columns, error) {
	if u.mediaType == typeNDJSON {
		lines, err := u.ndjson()
		return customerObjects(lines, schema), &columns{}, err
	}
	file, err := u.csv()
	if err != nil {
		return nil, nil, err
	}
	cols, err := newColumns(file.Columns(), u.Map, u.Null, customerFields)
	if err != nil {
		return nil, nil, err
	}
	if cols.has("name") && (cols.has("firstName") || cols.has("lastName")) {
		return nil, nil, customer.Invalid("query.map", "maps one column to name and another to firstName or lastName; use name, or the other two")
	}
	return customerRows(file, cols), cols, cols.checkKnown()
}

func customerRows(file *tabular.CSV, cols *columns) iter.Seq[imports.CustomerLine] {
	return func(yield func(imports.CustomerLine) bool) {
		for row := range file.Rows() {
			line := imports.CustomerLine{Err: rowError(row)}
			if line.Err == nil {
				line = customerFrom(cols.values(row.Values))
				line.Text = strings.Join(row.Values, "\x1f")
			}
			line.Line = row.Line
			if !yield(line) {
				return
			}
		}
	}
}

func customerFrom(values map[string]string) (l imports.CustomerLine) {
	l.ID = values["id"]
	l.Profile = customer.Profile{
		Organisation: values["organisation"], FirstName: values["firstName"], LastName: values["lastName"],
		Email: values["email"], Phone: values["phone"], Consents: map[string]bool{},
	}
	if name := values["name"]; name != "" {
		l.Profile.FirstName, l.Profile.LastName = splitName(name)
		l.SaysName = true
	}
	for target, value := range values {
		switch name, consent := strings.CutPrefix(target, consentColumn); {
		case consent:
			l.Profile.Consents[name], l.Err = yesNo(target, value, l.Err)
		case target == "push":
			l.Profile.Push, l.Err = yesNo(target, value, l.Err)
			l.SaysPush = true
		}
	}
	return l
}

// splitName splits a name at its last space. The last name comes after it.
func splitName(name string) (first, last string) {
	name = strings.TrimSpace(name)
	i := strings.LastIndex(name, " ")
	return strings.TrimSpace(name[:max(i, 0)]), name[i+1:]
}

func yesNo(field, value string, before error) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(value)) {
	case "true", "yes", "1":
		return true, before
	case "false", "no", "0":
		return false, before
	}
	return false, errors.Join(before, customer.Invalid(field, "must be true or false, yes or no, 1 or 0"))
}

func customerObjects(lines iter.Seq[tabular.Line], schema *lineSchema) iter.Seq[imports.CustomerLine] {
	return func(yield func(imports.CustomerLine) bool) {
		for l := range lines {
			line := imports.CustomerLine{Line: l.Line, Err: readError(l.Err)}
			if line.Err == nil {
				var doc NewCustomer
				members, err := schema.decode(l.Data, &doc)
				_, line.SaysPush = members["push"]
				line.ID, line.Profile, line.Err = doc.ID, doc.profile(), err
			}
			if !yield(line) {
				return
			}
		}
	}
}
