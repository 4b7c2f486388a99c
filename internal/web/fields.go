package web

import (
	"slices"
	"strings"
	"unicode"

	"lethe/internal/customer"
)

// fields are the fields that the columns of a CSV file can be mapped to.
type fields struct {
	names    []string
	near     []nearMiss                 // other names of the fields, the likeliest first
	other    func(column string) string // the field of every other column; empty: the column is ignored
	text     []string                   // the fields that may begin with an apostrophe
	consents bool                       // whether consent.<name> is a field, for every name
}

// nearMiss is the name of a field in other programs, as [squeeze] returns it.
type nearMiss struct{ column, field string }

const consentColumn = "consent."

// customerFields are the fields of a customer.
var customerFields = fields{
	names: []string{"id", "organisation", "firstName", "lastName", "name", "email", "phone", "push"},
	near: []nearMiss{
		{"customerid", "id"},
		{"organization", "organisation"}, {"organisationname", "organisation"}, {"organizationname", "organisation"},
		{"company", "organisation"}, {"companyname", "organisation"}, {"accountname", "organisation"},
		{"givenname", "firstName"}, {"forename", "firstName"},
		{"surname", "lastName"}, {"familyname", "lastName"},
		{"fullname", "name"}, {"customername", "name"}, {"contactname", "name"},
		{"emailaddress", "email"}, {"primaryemail", "email"}, {"mail", "email"}, {"email1value", "email"},
		{"phonenumber", "phone"}, {"telephone", "phone"}, {"telephonenumber", "phone"}, {"tel", "phone"},
		{"mobile", "phone"}, {"mobilephone", "phone"}, {"mobilephonenumber", "phone"}, {"phone1value", "phone"},
	},
	other:    func(string) string { return "" },
	text:     []string{"organisation", "firstName", "lastName", "name"},
	consents: true,
}

const dataPrefix = "data."

// recordFields are the fields of a record. Every other column is a field of its data.
var recordFields = fields{
	names: []string{"customer", "key", "kind", "id", "parent"},
	near:  []nearMiss{{"customerid", "customer"}},
	other: func(column string) string { return dataPrefix + column },
}

// squeeze returns a name in lower case, without spaces, hyphens and underscores.
func squeeze(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '-' || r == '_' {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

// resemblance is how much the name of a column resembles the name of a field.
type resemblance int

const (
	mapped  resemblance = iota // the request maps the column
	exact                      // it is the field's own name
	spelled                    // the same but for case, spaces, hyphens and underscores
	near                       // another name of the field
	unknown
)

// resolve returns the field that a name means.
func (f fields) resolve(name string) (field string, how resemblance) {
	if slices.Contains(f.names, name) {
		return name, exact
	}
	if field, how := consentField(name); f.consents && how != unknown {
		return field, how
	}
	squeezed := squeeze(name)
	for _, field := range f.names {
		if squeeze(field) == squeezed {
			return field, spelled
		}
	}
	for _, n := range f.near {
		if n.column == squeezed {
			return n.field, near
		}
	}
	return "", unknown
}

// consentField resolves consent.<name>. The case of the name is significant.
func consentField(column string) (field string, how resemblance) {
	prefix, name, found := strings.Cut(column, ".")
	name = strings.TrimSpace(name)
	if !found || squeeze(prefix)+"." != consentColumn || !customer.Identifier(name) {
		return "", unknown
	}
	if field = consentColumn + name; field == column {
		return field, exact
	}
	return field, spelled
}

// known lists the field names for a message.
func (f fields) known() string {
	list := strings.Join(f.names, ", ")
	if f.consents {
		list += ", consent.<name>"
	}
	return list
}
