package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"

	"lethe/internal/customer"
	"lethe/internal/tabular"
)

type importCustomersInput struct{ Upload }

func (a *api) importCustomers(ctx context.Context, in *importCustomersInput) (*importOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	lines, ignored, err := in.customers()
	if err != nil {
		return nil, err
	}
	at := func(l customer.CustomerLine) (int, error) { return l.Line, l.Err }
	result, err := a.svc.ImportCustomers(ctx, from(in.FromLine, lines, at), actorOf(ctx), in.DryRun)
	return a.imported(ctx, &in.Upload, ignored, result, err)
}

func (u *Upload) customers() (lines iter.Seq[customer.CustomerLine], ignored []string, err error) {
	if u.mediaType == typeNDJSON {
		return u.customerObjects(), nil, nil
	}
	file, err := u.csv()
	if err != nil {
		return nil, nil, err
	}
	cols, err := newColumns(file.Columns(), u.Map, u.Null, isCustomerColumn, func(string) string { return "" })
	if err != nil {
		return nil, nil, err
	}
	if cols.has("name") && (cols.has("firstName") || cols.has("lastName")) {
		return nil, nil, customer.Invalid("query.map", "makes one column the name and another the first or last name")
	}
	return customerRows(file, cols), cols.ignored(), nil
}

const consentColumn = "consent."

func isCustomerColumn(name string) bool {
	return slices.Contains([]string{"id", "organisation", "firstName", "lastName", "name", "email", "phone", "push"}, name) ||
		strings.HasPrefix(name, consentColumn) && customer.Identifier(strings.TrimPrefix(name, consentColumn))
}

func customerRows(file *tabular.CSV, cols *columns) iter.Seq[customer.CustomerLine] {
	return func(yield func(customer.CustomerLine) bool) {
		for row := range file.Rows() {
			line := customer.CustomerLine{Line: row.Line, Err: readError(row.Err)}
			if line.Err == nil {
				line.ID, line.Profile, line.Err = customerFrom(cols.values(row.Values))
			}
			if !yield(line) {
				return
			}
		}
	}
}

func customerFrom(values map[string]string) (id string, p customer.Profile, err error) {
	p = customer.Profile{
		Organisation: values["organisation"], FirstName: values["firstName"], LastName: values["lastName"],
		Email: values["email"], Phone: values["phone"], Consents: map[string]bool{},
	}
	if name := values["name"]; name != "" {
		p.FirstName, p.LastName = splitName(name)
	}
	for target, value := range values {
		switch name, consent := strings.CutPrefix(target, consentColumn); {
		case consent:
			p.Consents[name], err = yesNo(target, value, err)
		case target == "push":
			p.Push, err = yesNo(target, value, err)
		}
	}
	return values["id"], p, err
}

// splitName splits at the last space: what comes after it is the last name.
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

func (u *Upload) customerObjects() iter.Seq[customer.CustomerLine] {
	return func(yield func(customer.CustomerLine) bool) {
		for l := range tabular.NDJSON(u.body) {
			var doc NewCustomer
			line := customer.CustomerLine{Line: l.Line, Err: readError(l.Err)}
			if line.Err == nil {
				line.Err = decodeLine(l.Data, &doc)
				line.ID, line.Profile = doc.ID, doc.profile()
			}
			if !yield(line) {
				return
			}
		}
	}
}

// decodeLine reads one JSON object, and nothing that it does not know.
func decodeLine(data []byte, doc any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(doc)
	var wrong *json.UnmarshalTypeError
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return nil
	case errors.As(err, &wrong):
		return customer.Invalid(wrong.Field, "has the wrong type")
	case strings.HasPrefix(err.Error(), "json: unknown field"):
		return &customer.UnreadableError{Problem: "has a member that is not known: " + strings.TrimPrefix(err.Error(), "json: unknown field ")}
	}
	return &customer.UnreadableError{Problem: "can't be read as JSON"}
}
