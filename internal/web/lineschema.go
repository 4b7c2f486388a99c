package web

import (
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"lethe/internal/customer"
	"lethe/internal/imports"
)

// lineSchema validates lines of NDJSON as huma validates bodies: both get the same problems for the same fields.
type lineSchema struct {
	registry huma.Registry
	schema   *huma.Schema
	path     *huma.PathBuffer
}

func newLineSchema(document reflect.Type) *lineSchema {
	registry := newSchemas()
	return &lineSchema{registry, huma.SchemaFromType(registry, document), huma.NewPathBuffer(nil, 0)}
}

// decode reads a line into document, and returns the members that the line has.
func (s *lineSchema) decode(line []byte, document any) (members map[string]any, err error) {
	var parsed any
	if err := unmarshal(line, &parsed); err != nil {
		return nil, unreadableLine(err)
	}
	var result huma.ValidateResult
	s.path.Reset()
	s.path.Push("body")
	huma.Validate(s.registry, s.schema, s.path, huma.ModeWriteToServer, parsed, &result)
	if len(result.Errors) > 0 {
		return nil, s.invalid(result.Errors)
	}
	members, _ = parsed.(map[string]any)
	if err := json.Unmarshal(line, document); err != nil {
		return members, unreadableLine(err)
	}
	return members, nil
}

func unreadableLine(err error) error {
	return &imports.UnreadableError{Problem: "can't be read as JSON: " + err.Error()}
}

func (s *lineSchema) invalid(errs []error) error {
	invalid := &customer.InvalidError{}
	for _, err := range errs {
		p, location := fieldProblem(err)
		nameKnownFields(&p, location, s.registry, s.schema)
		invalid.Fields = append(invalid.Fields, customer.FieldError{Field: p.Field, Problem: p.Problem})
	}
	return invalid
}
