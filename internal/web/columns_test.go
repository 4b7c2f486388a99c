package web

import (
	"strings"
	"testing"

	"lethe/internal/docstest"
)

func TestResolve(t *testing.T) {
	for _, tt := range []struct {
		name, field string
		how         resemblance
	}{
		{"email", "email", exact},
		{"E-Mail", "email", spelled},
		{"FIRST NAME", "firstName", spelled},
		{"last_name", "lastName", spelled},
		{"E-Mail Address", "email", near},
		{"Organization", "organisation", near},
		{"consent.News", "consent.News", exact},
		{"Consent. News", "consent.News", spelled},
		{"consent.not a name", "", unknown},
		{"Birthday", "", unknown},
		{"", "", unknown},
	} {
		if field, how := customerFields.resolve(tt.name); field != tt.field || how != tt.how {
			t.Errorf("%q: %q, %v", tt.name, field, how)
		}
	}
	if field, how := recordFields.resolve("consent.news"); how != unknown {
		t.Errorf("a consent is %q of records", field)
	}
}

// TestNearMissesAreOfFields checks that each near miss resolves to a known field.
func TestNearMissesAreOfFields(t *testing.T) {
	for _, f := range []fields{customerFields, recordFields} {
		for _, n := range f.near {
			if field, how := f.resolve(strings.ToUpper(n.column)); field != n.field || how != near {
				t.Errorf("%s is %s, %v", n.column, field, how)
			}
			if _, how := f.resolve(n.field); how != exact {
				t.Errorf("%s is no field", n.field)
			}
		}
	}
}

func TestColumns(t *testing.T) {
	for _, tt := range []struct{ header, mappings, want string }{
		{"a,id,Name", "", ",id,name"},
		{"Name,First Name", "", ",firstName"},
		{"Full Name,Name", "", ",name"},
		{"Mobile,Tel", "", ",phone"},
		{"Tel,Mobile", "", "phone,"},
		{"Mobile,MOBILE", "", "phone,"},
		{"Phone,Tel", "Tel:phone", ",phone"},
		{"Phone,phone", "", ",phone"},
		{"a:b,c", "a:b:E-Mail", "email,"},
		{"E-Mail,e_mail", "", "query.map: maps column e_mail to email, which another column is mapped to already; map each field once"},
		{"a,b", "a:id b:ID", "query.map: maps column b to id, which another column is mapped to already; map each field once"},
		{"a,id", "a:id", "query.map: maps column id to id, which another column is mapped to already; map each field once"},
		{"a", "a:state", "query.map: maps column a to an unknown field; known fields: id, organisation, firstName, lastName, name, email, phone, push, consent.<name>"},
		{"a", "b:id", `query.map: maps a column that the file does not have; the file has "a"`},
		{"a@b.example", "b:id", "query.map: maps a column that the file does not have; the first line looks like data: put a line before it that names the columns"},
	} {
		c, err := newColumns(strings.Split(tt.header, ","), strings.Fields(tt.mappings), "", customerFields)
		if got := targetsOf(c, err); got != tt.want {
			t.Errorf("%s, %s: %s, want %s", tt.header, tt.mappings, got, tt.want)
		}
	}
}

func targetsOf(c *columns, err error) string {
	if err != nil {
		return err.Error()
	}
	return strings.Join(c.targets, ",")
}

func TestColumnsOfRecords(t *testing.T) {
	c, err := newColumns([]string{"Customer ID", "Order", "Id", "note", "Customer"}, []string{"Order:id"}, "", recordFields)
	if err != nil || strings.Join(c.targets, ",") != "data.Customer ID,id,data.Id,data.note,customer" {
		t.Errorf("%q, %v", c.targets, err)
	}
}

// TestThePageTellsOfEveryField checks that docs/importing.md has every field.
func TestThePageTellsOfEveryField(t *testing.T) {
	page := docstest.Read(t, "docs/importing.md")
	for _, name := range append([]string{"consent.<name>"}, append(customerFields.names, recordFields.names...)...) {
		if !strings.Contains(page, "`"+name+"`") {
			t.Errorf("the page does not name %s", name)
		}
	}
}
