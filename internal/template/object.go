package template

import (
	"iter"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// object is a mapping with fields that are taken one by one; close reports those that are left. A missing mapping is an
// object without fields, so that callers need no special case.
type object struct {
	parser *parser
	where  string
	keys   []string
	fields map[string]*yaml.Node
}

func (p *parser) object(where string, node *yaml.Node) *object {
	o := &object{parser: p, where: where, fields: map[string]*yaml.Node{}}
	if node == nil {
		return o
	}
	if node.Kind != yaml.MappingNode || isIntrinsic(node) {
		p.fail(where, "line %d: must be a mapping, without functions of CloudFormation", node.Line)
		return o
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i].Value
		o.keys = append(o.keys, key)
		o.fields[key] = node.Content[i+1]
	}
	return o
}

// at returns the name of a field for errors.
func (o *object) at(key string) string { return o.where + "." + key }

// take removes a field and returns its value, nil for a missing field or !Ref AWS::NoValue.
func (o *object) take(key string) *yaml.Node {
	node := o.fields[key]
	delete(o.fields, key)
	if node != nil && node.Tag == "!Ref" && node.Value == "AWS::NoValue" {
		return nil
	}
	return node
}

func (o *object) has(key string) bool { return o.fields[key] != nil }

func (o *object) peek(key string) string {
	if node := o.fields[key]; node != nil {
		return node.Value
	}
	return ""
}

// ignore drops fields that change nothing on one machine.
func (o *object) ignore(keys ...string) {
	for _, key := range keys {
		delete(o.fields, key)
	}
}

// close reports the fields that were not taken as errors.
func (o *object) close() {
	for _, key := range o.keys {
		if o.fields[key] != nil {
			o.parser.fail(o.at(key), "is not supported on one machine")
		}
	}
}

func (o *object) object(key string) *object { return o.parser.object(o.at(key), o.take(key)) }

// each yields the fields, each an object itself, in the order of the template.
func (o *object) each() iter.Seq2[string, *object] {
	return func(yield func(string, *object) bool) {
		for _, key := range o.keys {
			if !yield(key, o.parser.object(o.at(key), o.fields[key])) {
				return
			}
		}
	}
}

// list returns the elements of a sequence, nil for a missing field.
func (o *object) list(key string) []*yaml.Node {
	node := o.take(key)
	if node == nil {
		return nil
	}
	if node.Kind != yaml.SequenceNode {
		o.parser.fail(o.at(key), "must be a list")
		return nil
	}
	return node.Content
}

func (o *object) objects(key string) []*object {
	var all []*object
	for i, node := range o.list(key) {
		all = append(all, o.parser.object(o.at(key)+"["+strconv.Itoa(i)+"]", node))
	}
	return all
}

func (o *object) strings(key string) []string {
	var all []string
	for _, node := range o.list(key) {
		all = append(all, o.parser.literal(o.at(key), node))
	}
	return all
}

// string returns a text that is known before anything is deployed, "" for a missing field.
func (o *object) string(key string) string {
	node := o.take(key)
	if node == nil {
		return ""
	}
	return o.parser.literal(o.at(key), node)
}

// oneOf is string for a text that must be one of the known ones. The first one is the default.
func (o *object) oneOf(key string, known ...string) string {
	value := o.string(key)
	if value == "" {
		return known[0]
	}
	if !slices.Contains(known, value) {
		o.parser.fail(o.at(key), "%q is not supported: use one of %q", value, known)
	}
	return value
}

func (o *object) int(key string, missing int) int {
	value := o.string(key)
	if value == "" {
		return missing
	}
	n, err := strconv.Atoi(value)
	if err != nil {
		o.parser.fail(o.at(key), "%q must be a whole number", value)
	}
	return n
}

func (o *object) bool(key string) bool {
	value := o.string(key)
	if value == "" {
		return false
	}
	b, err := strconv.ParseBool(value)
	if err != nil {
		o.parser.fail(o.at(key), "%q must be true or false", value)
	}
	return b
}

// text returns a text that may refer to resources. It must not be missing.
func (o *object) text(key string) Text {
	node := o.take(key)
	if node == nil {
		o.parser.fail(o.at(key), "is missing")
		return nil
	}
	return o.parser.text(o.at(key), node)
}

// reference returns the resource of the type that the field names by !Ref or by !GetAtt of the attribute.
func (o *object) reference(key, kind, attribute string) string {
	node := o.take(key)
	if node == nil {
		o.parser.fail(o.at(key), "is missing")
		return ""
	}
	ref, single := o.parser.text(o.at(key), node).Reference()
	if !single || ref.Attribute != attribute || o.parser.kinds[ref.Resource] != kind {
		o.parser.fail(o.at(key), "must be %s of a resource of type %s", attributeName(attribute), kind)
	}
	return ref.Resource
}

func attributeName(attribute string) string {
	if attribute == "" {
		return "!Ref"
	}
	return "!GetAtt " + attribute
}
