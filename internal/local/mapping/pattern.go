package mapping

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Pattern is a filter in Lambda's syntax for event filters. Supported are nested objects and,
// for a value, a list of texts and {"prefix": text}; one element must match.
type Pattern struct{ node any }

// CompilePattern parses a pattern. Unsupported syntax is an error.
func CompilePattern(source json.RawMessage) (Pattern, error) {
	var node any
	if err := json.Unmarshal(source, &node); err != nil {
		return Pattern{}, fmt.Errorf("filter pattern %s is not JSON: %w", source, err)
	}
	if _, isObject := node.(map[string]any); !isObject {
		return Pattern{}, fmt.Errorf("filter pattern %s must be a JSON object", source)
	}
	if err := check(node); err != nil {
		return Pattern{}, fmt.Errorf("filter pattern %s: %w", source, err)
	}
	return Pattern{node}, nil
}

func check(node any) error {
	switch node := node.(type) {
	case map[string]any:
		for _, below := range node {
			if err := check(below); err != nil {
				return err
			}
		}
		return nil
	case []any:
		for _, choice := range node {
			if err := checkChoice(choice); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("%v is not supported here: use an object, or a list of texts and {\"prefix\": text}", node)
}

func checkChoice(choice any) error {
	if _, isText := choice.(string); isText {
		return nil
	}
	if operator, _ := choice.(map[string]any); len(operator) == 1 {
		if _, isPrefix := operator["prefix"].(string); isPrefix {
			return nil
		}
	}
	return fmt.Errorf("%v is not supported in a list: use a text or {\"prefix\": text}", choice)
}

// Matches reports whether the JSON document matches the pattern.
func (p Pattern) Matches(document []byte) (bool, error) {
	var value any
	if err := json.Unmarshal(document, &value); err != nil {
		return false, fmt.Errorf("filter: %w", err)
	}
	return match(p.node, value), nil
}

func match(node, value any) bool {
	object, isObject := node.(map[string]any)
	if !isObject {
		return slices.ContainsFunc(node.([]any), func(choice any) bool { return fits(choice, value) })
	}
	fields, _ := value.(map[string]any)
	for name, below := range object {
		if !match(below, fields[name]) {
			return false
		}
	}
	return true
}

// fits reports whether the value, or one element of a list, matches the choice.
func fits(choice, value any) bool {
	if list, isList := value.([]any); isList {
		return slices.ContainsFunc(list, func(element any) bool { return fits(choice, element) })
	}
	text, isText := value.(string)
	operator, isOperator := choice.(map[string]any)
	if !isOperator {
		return isText && text == choice
	}
	return isText && strings.HasPrefix(text, operator["prefix"].(string))
}
