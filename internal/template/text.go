package template

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Reference names a resource (its !Ref if Attribute is empty) or one of its attributes (!GetAtt).
type Reference struct{ Resource, Attribute string }

// Text is a value of the template: literals, and references to resources that have values once they exist.
type Text []part

type part struct {
	literal   string
	reference Reference // without a resource: a literal
}

// Reference returns the reference that the text consists of, false if it consists of anything else.
func (t Text) Reference() (Reference, bool) {
	if len(t) != 1 || t[0].reference.Resource == "" {
		return Reference{}, false
	}
	return t[0].reference, true
}

// Resolve replaces the references by the values that lookup returns.
func (t Text) Resolve(lookup func(Reference) (string, error)) (string, error) {
	var resolved strings.Builder
	for _, part := range t {
		if part.reference.Resource == "" {
			resolved.WriteString(part.literal)
			continue
		}
		value, err := lookup(part.reference)
		if err != nil {
			return "", err
		}
		resolved.WriteString(value)
	}
	return resolved.String(), nil
}

// pseudo has the values of the pseudo parameters with the engines.
var pseudo = map[string]string{
	"AWS::Region":    "us-east-1",
	"AWS::AccountId": "000000000000",
	"AWS::Partition": "aws",
	"AWS::URLSuffix": "amazonaws.com",
	"AWS::StackName": "lethe",
}

// isIntrinsic reports whether the node is a function of CloudFormation, in its short or its long form.
func isIntrinsic(node *yaml.Node) bool {
	if strings.HasPrefix(node.Tag, "!") && !strings.HasPrefix(node.Tag, "!!") {
		return true
	}
	return node.Kind == yaml.MappingNode && len(node.Content) == 2 &&
		(node.Content[0].Value == "Ref" || strings.HasPrefix(node.Content[0].Value, "Fn::"))
}

// text reads a scalar, !Ref, !GetAtt or !Sub.
func (p *parser) text(where string, node *yaml.Node) Text {
	if node.Kind == yaml.ScalarNode {
		switch node.Tag {
		case "!Ref":
			return Text{p.ref(where, node.Value)}
		case "!GetAtt":
			return Text{p.getAtt(where, node.Value)}
		case "!Sub":
			return p.sub(where, node.Value)
		}
	}
	if node.Kind != yaml.ScalarNode || isIntrinsic(node) {
		p.fail(where, "line %d: must be a literal, !Ref, !GetAtt or !Sub of a text", node.Line)
		return nil
	}
	return Text{{literal: node.Value}}
}

// literal reads a text without references to resources.
func (p *parser) literal(where string, node *yaml.Node) string {
	value, err := p.text(where, node).Resolve(func(r Reference) (string, error) {
		return "", fmt.Errorf("a reference to %s is not supported here: use a literal or a parameter", r.Resource)
	})
	if err != nil {
		p.fail(where, "%w", err)
	}
	return value
}

func (p *parser) ref(where, name string) part {
	if value, known := pseudo[name]; known {
		return part{literal: value}
	}
	if value, known := p.parameters[name]; known {
		return part{literal: value}
	}
	return p.resource(where, Reference{Resource: name})
}

func (p *parser) getAtt(where, name string) part {
	resource, attribute, _ := strings.Cut(name, ".")
	return p.resource(where, Reference{Resource: resource, Attribute: attribute})
}

func (p *parser) resource(where string, r Reference) part {
	if p.kinds[r.Resource] == "" {
		p.fail(where, "%q is neither a resource nor a parameter with a value", r.Resource)
	}
	return part{reference: r}
}

var variable = regexp.MustCompile(`\$\{[^}]*\}`)

func (p *parser) sub(where, format string) Text {
	var text Text
	rest := 0
	for _, at := range variable.FindAllStringIndex(format, -1) {
		text = append(text, part{literal: format[rest:at[0]]}, p.substitute(where, format[at[0]+2:at[1]-1]))
		rest = at[1]
	}
	return append(text, part{literal: format[rest:]})
}

func (p *parser) substitute(where, name string) part {
	if literal, escaped := strings.CutPrefix(name, "!"); escaped {
		return part{literal: "${" + literal + "}"}
	}
	if strings.Contains(name, ".") {
		return p.getAtt(where, name)
	}
	return p.ref(where, name)
}
