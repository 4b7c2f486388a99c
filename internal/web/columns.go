package web

import (
	"fmt"
	"slices"
	"strings"

	"lethe/internal/customer"
)

// columns says what each column of a CSV file is.
type columns struct {
	names   []string
	targets []string // by column; empty: nothing is made of it
	null    string
}

// newColumns reads the mappings of a request, each as column:target. A column without
// one is what its name says, if that is known; otherwise unknown says what it is.
func newColumns(names, mappings []string, null string, known func(string) bool, unknown func(string) string) (*columns, error) {
	c := &columns{names: names, targets: make([]string, len(names)), null: null}
	mapped, err := readMappings(names, mappings)
	if err != nil {
		return nil, err
	}
	for i, name := range names {
		target, ok := mapped[name]
		if !ok {
			target = name
		}
		if !known(target) {
			target = unknown(target)
		}
		if ok && target == "" {
			return nil, customer.Invalid("query.map", "maps column "+name+" to a name that there is none of")
		}
		if target != "" && slices.Contains(c.targets[:i], target) {
			return nil, customer.Invalid("query.map", "column "+name+" is the second to be "+target)
		}
		c.targets[i] = target
	}
	return c, nil
}

func readMappings(names, mappings []string) (map[string]string, error) {
	mapped := map[string]string{}
	for _, m := range mappings {
		colon := strings.LastIndex(m, ":")
		if colon < 1 || colon == len(m)-1 {
			return nil, customer.Invalid("query.map", "must read column:name")
		}
		column := m[:colon]
		if !slices.Contains(names, column) {
			return nil, customer.Invalid("query.map", "names a column that the file has not: "+column)
		}
		if _, twice := mapped[column]; twice {
			return nil, customer.Invalid("query.map", "maps column "+column+" twice")
		}
		mapped[column] = m[colon+1:]
	}
	return mapped, nil
}

func (c *columns) has(target string) bool { return slices.Contains(c.targets, target) }

// ignored are the columns that nothing is made of.
func (c *columns) ignored() []string {
	var names []string
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
		if target := c.targets[i]; target != "" && v != "" && v != c.null {
			values[target] = v
		}
	}
	return values
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
			return t, customer.Invalid("query.parent", fmt.Sprintf("has %q in braces, which is no column of the file", name))
		}
		t.columns, text = append(t.columns, column), after
	}
}

func (t keyTemplate) fill(row []string) string {
	var b strings.Builder
	for i, literal := range t.literals {
		b.WriteString(literal)
		if i < len(t.columns) {
			b.WriteString(row[t.columns[i]])
		}
	}
	return b.String()
}
