package mapping

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Pattern decides whether an event is let through, by Lambda's event filter syntax. Understood are nested objects
// and, for a value, a list of literals, {"prefix": …}, {"exists": …} and {"anything-but": …}.
type Pattern struct{ node any }

// CompilePattern reads a pattern. An operator that is not understood is an error.
func CompilePattern(source json.RawMessage) (Pattern, error) {
	var node any
	if err := json.Unmarshal(source, &node); err != nil {
		return Pattern{}, fmt.Errorf("filter pattern %s: %w", source, err)
	}
	if _, isObject := node.(map[string]any); !isObject {
		return Pattern{}, fmt.Errorf("filter pattern %s: it has to be an object", source)
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
	return fmt.Errorf("%v: a list of choices is expected", node)
}

func checkChoice(choice any) error {
	operator, isOperator := choice.(map[string]any)
	if !isOperator {
		return nil
	}
	for name := range operator {
		if len(operator) != 1 || !slices.Contains([]string{"prefix", "exists", "anything-but"}, name) {
			return fmt.Errorf("%v is not understood", operator)
		}
	}
	return nil
}

// Matches tells whether the JSON document fits the pattern.
func (p Pattern) Matches(document []byte) (bool, error) {
	var value any
	if err := json.Unmarshal(document, &value); err != nil {
		return false, fmt.Errorf("filter: %w", err)
	}
	return match(p.node, value, true), nil
}

func match(node, value any, present bool) bool {
	object, isObject := node.(map[string]any)
	if !isObject {
		return slices.ContainsFunc(node.([]any), func(choice any) bool { return fits(choice, value, present) })
	}
	fields, _ := value.(map[string]any)
	for name, below := range object {
		field, present := fields[name]
		if !match(below, field, present) {
			return false
		}
	}
	return true
}

// fits tells whether the value is the choice. Of a list, one element has to be.
func fits(choice, value any, present bool) bool {
	if list, isList := value.([]any); isList {
		return slices.ContainsFunc(list, func(element any) bool { return fits(choice, element, present) })
	}
	operator, isOperator := choice.(map[string]any)
	if !isOperator {
		return present && choice == value
	}
	if exists, asked := operator["exists"]; asked {
		return exists == present
	}
	if prefix, asked := operator["prefix"].(string); asked {
		text, isText := value.(string)
		return isText && strings.HasPrefix(text, prefix)
	}
	return present && !isAmong(value, operator["anything-but"])
}

func isAmong(value, choices any) bool {
	if list, isList := choices.([]any); isList {
		return slices.Contains(list, value)
	}
	return choices == value
}
