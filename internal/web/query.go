package web

import (
	"net/url"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// wrongQuery returns a problem for each query parameter of an operation that is empty, or is given twice and is not a
// list. huma refuses unknown parameters.
func wrongQuery(op *huma.Operation, query url.Values) []FieldProblem {
	var wrong []FieldProblem
	for _, p := range op.Parameters {
		values := query[p.Name]
		switch {
		case p.In != "query":
		case slices.Contains(values, ""):
			wrong = append(wrong, FieldProblem{"query." + p.Name, "is empty; give it a value, or leave the parameter out"})
		case len(values) > 1 && p.Schema.Type != huma.TypeArray:
			wrong = append(wrong, FieldProblem{"query." + p.Name, "is given more than once; give it once"})
		}
	}
	return wrong
}
