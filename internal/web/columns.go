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

// columns says what each column of a CSV file is.
type columns struct {
	fields
	names   []string
	targets []string // by column; empty: nothing is made of it
	how     []resemblance
	null    string
}

// newColumns reads the mappings of a request, each as column:field. A column without
// one is what its name says. Of several that could be a field it is the one that resembles it most.
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
			return nil, customer.Invalid("query.map", "column "+names[i]+" is the second to be "+target)
		}
	}
	return c, nil
}

// target is what a column is: as the request says or, where it doesn't, as its own name does.
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
		return "", unknown, customer.Invalid("query.map", "maps column "+column+" to what is no field; fields are "+c.known())
	}
	return field, mapped, nil
}

// dropName leaves out a whole name beside its parts, which say the same more exactly. One that the request
// asks for stays.
func (c *columns) dropName() {
	name := slices.Index(c.targets, "name")
	if name >= 0 && c.how[name] != mapped && (c.has("firstName") || c.has("lastName")) {
		c.targets[name], c.how[name] = "", unknown
	}
}

// dropNearMisses leaves out the columns whose field another column resembles more. Of two near misses that is
// the likelier, and then the earlier one; two that are spelled alike stay, and are refused.
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
			return nil, customer.Invalid("query.map", "must read column:field")
		}
		column := m[:colon]
		if !slices.Contains(names, column) {
			return nil, customer.Invalid("query.map", "names a column that the file does not have; "+foundColumns(names))
		}
		if _, twice := mapped[column]; twice {
			return nil, customer.Invalid("query.map", "maps column "+column+" twice")
		}
		mapped[column] = m[colon+1:]
	}
	return mapped, nil
}

func (c *columns) has(target string) bool { return slices.Contains(c.targets, target) }

// checkKnown refuses a file of which no column is known.
func (c *columns) checkKnown() error {
	if slices.ContainsFunc(c.targets, func(target string) bool { return target != "" }) {
		return nil
	}
	return customer.Invalid("line 1", "names no column that is known; known are "+c.known()+"; "+foundColumns(c.names))
}

// foundColumns tells of a header, in a message. A line that looks like data is not repeated.
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

// looksLikeData says whether a text is hardly the name of a column.
func looksLikeData(text string) bool {
	digits := 0
	for _, r := range text {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	return strings.Contains(text, "@") || digits > 4 || digits > 0 && digits == len(text)
}

// MappedColumn is a column whose name differs a little from its field's name.
type MappedColumn struct {
	Column string `json:"column" example:"E-Mail Address"`
	Field  string `json:"field" example:"email"`
}

// guessed are the columns that were taken for a field without being called so.
func (c *columns) guessed() []MappedColumn {
	list := []MappedColumn{}
	for i, how := range c.how {
		if how == spelled || how == near {
			list = append(list, MappedColumn{c.names[i], c.targets[i]})
		}
	}
	return list
}

// ignored are the columns that nothing is made of.
func (c *columns) ignored() []string {
	names := []string{}
	for i, target := range c.targets {
		if target == "" {
			names = append(names, c.names[i])
		}
	}
	return names
}

// values are those of a row by target, those that mean nothing left out.
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

// value is a value as it is meant, without what spreadsheets put before it. No field but those of text
// begins with an apostrophe, nor has spaces around it.
func (c *columns) value(target, v string) string {
	v = tabular.Unmarked(v)
	if slices.Contains(c.text, target) || strings.HasPrefix(target, dataPrefix) {
		return v
	}
	return strings.TrimSpace(strings.TrimPrefix(v, "'"))
}

// keyTemplate is a text with columns in braces: invoice~{orderID}.
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
			return t, customer.Invalid("query.parent", "has in braces what is no column; "+foundColumns(names))
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
