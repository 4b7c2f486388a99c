package web

import (
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"
)

// setMessages replaces huma's validation messages by ones that complete a sentence about the field, as those of
// package customer do. huma reads them when it makes a schema.
func setMessages() {
	validation.MsgUnexpectedProperty = "is unknown"
	validation.MsgExpectedRequiredProperty = "lacks the required field %s"
	validation.MsgExpectedBoolean = "must be true or false"
	validation.MsgExpectedNumber = "must be a number"
	validation.MsgExpectedInteger = "must be a whole number"
	validation.MsgExpectedString = "must be a string"
	validation.MsgExpectedArray = "must be an array"
	validation.MsgExpectedObject = "must be an object"
	validation.MsgExpectedOneOf = "must be one of: %s"
	validation.MsgExpectedMinimumNumber = "must be at least %v"
	validation.MsgExpectedMaximumNumber = "must be at most %v"
	validation.MsgExpectedMinLength = "is too short: at least %d characters"
	validation.MsgExpectedMaxLength = "is too long: at most %d characters"
	validation.MsgExpectedBePattern = "must be %s"
	validation.MsgExpectedMinItems = "has too few items: at least %d"
	validation.MsgExpectedMaxItems = "has too many items: at most %d"
	validation.MsgExpectedMaxProperties = "has too many names: at most %d"
}

const unknownParameter = "unknown query parameter" // huma's message, which can't be replaced

// nameKnown adds the known names to the problem of an unknown field or query parameter. location is huma's path of it.
func nameKnown(p *FieldProblem, location string, registry huma.Registry, op *huma.Operation) {
	switch {
	case p.Problem == unknownParameter:
		p.Problem = "is unknown; " + nameList("known parameters", queryParameters(op))
	case op.RequestBody != nil:
		for _, media := range op.RequestBody.Content {
			nameKnownFields(p, location, registry, media.Schema)
			return // all content types of a body have one schema
		}
	}
}

func nameKnownFields(p *FieldProblem, location string, registry huma.Registry, body *huma.Schema) {
	if p.Problem == validation.MsgUnexpectedProperty {
		p.Problem += "; " + nameList("known fields", siblingFields(registry, body, location))
	}
}

// nameList ends a message with the known names.
func nameList(what string, names []string) string {
	if len(names) == 0 {
		return "there are no " + what
	}
	return what + ": " + strings.Join(names, ", ")
}

func queryParameters(op *huma.Operation) []string {
	var names []string
	for _, p := range op.Parameters {
		if p.In == "query" {
			names = append(names, p.Name)
		}
	}
	return names
}

// siblingFields returns the known fields of the object that an unknown field, such as body.kinds[0].nme, is in.
func siblingFields(registry huma.Registry, schema *huma.Schema, location string) []string {
	schema = resolved(registry, schema)
	steps := strings.Split(location, ".")
	for _, step := range steps[1 : len(steps)-1] {
		name, _, item := strings.Cut(step, "[")
		if schema.Properties[name] == nil { // the dot is in the name of the unknown field
			break
		}
		if schema = resolved(registry, schema.Properties[name]); item {
			schema = resolved(registry, schema.Items)
		}
	}
	return sortedKeys(schema.Properties)
}

// resolved follows the references of a schema; empty if there is no schema.
func resolved(registry huma.Registry, schema *huma.Schema) *huma.Schema {
	for schema != nil && schema.Ref != "" {
		schema = registry.SchemaFromRef(schema.Ref)
	}
	if schema == nil {
		return &huma.Schema{}
	}
	return schema
}
