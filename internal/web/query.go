package web

import (
	"net/url"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// wrongQuery finds the parameters of an operation that are given without a value, or twice where
// one of two would be left out. Those that the operation does not have are for huma to refuse.
func wrongQuery(op *huma.Operation, query url.Values) []FieldProblem {
	var wrong []FieldProblem
	for _, p := range op.Parameters {
		values := query[p.Name]
		switch {
		case p.In != "query":
		case slices.Contains(values, ""):
			wrong = append(wrong, FieldProblem{"query." + p.Name, "is empty; give it a value, or leave it out"})
		case len(values) > 1 && p.Schema.Type != huma.TypeArray:
			wrong = append(wrong, FieldProblem{"query." + p.Name, "is given more than once; give it once"})
		}
	}
	return wrong
}
