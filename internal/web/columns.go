package web

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"lethe/internal/customer"
	"lethe/internal/tabular"
)

// columns maps the columns of a CSV file to fields.
type columns struct {
	fields
	names   []string
	targets []string // by column; empty: the column is ignored
	how     []resemblance
	null    string
}

// newColumns maps columns by the mappings of a request, each written as column:field. A column without one is mapped
// by its name. If several columns resemble one field, the field gets the column that resembles it most.
func newColumns(names, mappings []string, null string, f fields) (*columns, error) {
	c := &columns{fields: f, names: names, targets: make([]string, len(names)), how: make([]resemblance, len(names)), null: null}
	requested, err := readMappings(names, mappings)
	if err != nil {
		return nil, err
	}
	for i, name := range names {
		if c.targets[i], c.how[i], err = c.target(name, requested[name]); err != nil {
			return nil, err
		}
	}
	c.dropName()
	c.dropNearMisses()
	for i, target := range c.targets {
		if c.how[i] == unknown {
			c.targets[i] = f.other(names[i])
			target = c.targets[i]
		}
		if target != "" && slices.Contains(c.targets[:i], target) {
			return nil, customer.Invalid("query.map", "maps column "+names[i]+" to "+target+", which another column is mapped to already; map each field once")
		}
	}
	return c, nil
}

// target returns the field of a column: by the request if it maps the column, otherwise by the name of the column.
func (c *columns) target(column, requested string) (string, resemblance, error) {
	if requested == "" {
		field, how := c.resolve(column)
		return field, how, nil
	}
	field, how := c.resolve(requested)
	if how == unknown {
		field = c.other(requested)
	}
	if field == "" {
		return "", unknown, customer.Invalid("query.map", "maps column "+column+" to an unknown field; known fields: "+c.known())
	}
	return field, mapped, nil
}

// dropName ignores the column of the whole name if there is one of the first or last name, which is more exact. A
// column that the request maps is not ignored.
func (c *columns) dropName() {
	name := slices.Index(c.targets, "name")
	if name >= 0 && c.how[name] != mapped && (c.has("firstName") || c.has("lastName")) {
		c.targets[name], c.how[name] = "", unknown
	}
}

// dropNearMisses ignores a column if another column resembles the same field more. Between two near misses, the
// likelier one wins, then the first. Two columns with the same spelling stay, and newColumns refuses them.
func (c *columns) dropNearMisses() {
	likelihood := func(i int) int {
		return slices.IndexFunc(c.near, func(n nearMiss) bool { return n.column == squeeze(c.names[i]) })
	}
	better := func(i, j int) bool {
		switch {
		case c.how[i] != c.how[j]:
			return c.how[i] < c.how[j] && c.how[j] > exact
		case c.how[i] == near && likelihood(i) != likelihood(j):
			return likelihood(i) < likelihood(j)
		}
		return c.how[i] == near && i < j
	}
	var dropped []int
	for j, target := range c.targets {
		for i := range c.targets {
			if target != "" && i != j && c.targets[i] == target && better(i, j) {
				dropped = append(dropped, j)
			}
		}
	}
	for _, j := range dropped {
		c.targets[j], c.how[j] = "", unknown
	}
}

func readMappings(names, mappings []string) (map[string]string, error) {
	mapped := map[string]string{}
	for _, m := range mappings {
		colon := strings.LastIndex(m, ":")
		if colon < 1 || colon == len(m)-1 {
			return nil, customer.Invalid("query.map", "must be column:field, such as companyName:organisation")
		}
		column := m[:colon]
		if !slices.Contains(names, column) {
			return nil, customer.Invalid("query.map", "maps a column that the file does not have; "+foundColumns(names))
		}
		if _, twice := mapped[column]; twice {
			return nil, customer.Invalid("query.map", "maps column "+column+" twice; map it once")
		}
		mapped[column] = m[colon+1:]
	}
	return mapped, nil
}

func (c *columns) has(target string) bool { return slices.Contains(c.targets, target) }

// checkKnown refuses a file without any known column.
func (c *columns) checkKnown() error {
	if slices.ContainsFunc(c.targets, func(target string) bool { return target != "" }) {
		return nil
	}
	return customer.Invalid("line 1", "has no known column; known columns: "+c.known()+"; "+foundColumns(c.names))
}

// foundColumns lists the columns of the file for a message. It does not repeat a first line that looks like data.
func foundColumns(names []string) string {
	if slices.ContainsFunc(names, looksLikeData) {
		return "the first line looks like data: put a line before it that names the columns"
	}
	const most = 30
	quoted := make([]string, 0, most)
	for _, name := range names[:min(len(names), most)] {
		quoted = append(quoted, strconv.Quote(string([]rune(name)[:min(len([]rune(name)), 40)])))
	}
	found := "the file has " + strings.Join(quoted, ", ")
	if more := len(names) - most; more > 0 {
		found += fmt.Sprintf(" and %d more", more)
	}
	return found
}

// looksLikeData says whether a text is probably a value and not the name of a column.
func looksLikeData(text string) bool {
	digits := 0
	for _, r := range text {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	return strings.Contains(text, "@") || digits > 4 || digits > 0 && digits == len(text)
}

// MappedColumn is a column that was mapped although its name is not exactly the name of its field.
type MappedColumn struct {
	Column string `json:"column" example:"E-Mail Address"`
	Field  string `json:"field" example:"email"`
}

// mappedColumns returns the columns that were mapped by a name that is not exactly the name of a field.
func (c *columns) mappedColumns() []MappedColumn {
	list := []MappedColumn{}
	for i, how := range c.how {
		if how == spelled || how == near {
			list = append(list, MappedColumn{c.names[i], c.targets[i]})
		}
	}
	return list
}

// ignoredColumns returns the names of the columns that have no field.
func (c *columns) ignoredColumns() []string {
	names := []string{}
	for i, target := range c.targets {
		if target == "" {
			names = append(names, c.names[i])
		}
	}
	return names
}

// values returns the values of a row by field, without empty ones.
func (c *columns) values(row []string) map[string]string {
	values := map[string]string{}
	for i, v := range row {
		target := c.targets[i]
		if target == "" || v == c.null {
			continue
		}
		if v = c.value(target, v); v != "" {
			values[target] = v
		}
	}
	return values
}

// value removes what spreadsheets put before a value. Outside of text fields it also removes a leading apostrophe and
// spaces.
func (c *columns) value(target, v string) string {
	v = tabular.Unmarked(v)
	if slices.Contains(c.text, target) || strings.HasPrefix(target, dataPrefix) {
		return v
	}
	return strings.TrimSpace(strings.TrimPrefix(v, "'"))
}

// keyTemplate is a text with the names of columns in braces: invoice~{orderID}.
type keyTemplate struct {
	literals []string // one more than columns
	columns  []int
}

func parseTemplate(text string, names []string) (keyTemplate, error) {
	var t keyTemplate
	for {
		before, rest, ok := strings.Cut(text, "{")
		t.literals = append(t.literals, before)
		if !ok {
			return t, nil
		}
		name, after, closed := strings.Cut(rest, "}")
		column := slices.Index(names, name)
		if !closed || column < 0 {
			return t, customer.Invalid("query.parent", "has an unknown column in braces; "+foundColumns(names))
		}
		t.columns, text = append(t.columns, column), after
	}
}

func (t keyTemplate) fill(row []string) string {
	var b strings.Builder
	for i, literal := range t.literals {
		b.WriteString(literal)
		if i < len(t.columns) {
			b.WriteString(strings.TrimSpace(strings.TrimPrefix(row[t.columns[i]], "'")))
		}
	}
	return b.String()
}
