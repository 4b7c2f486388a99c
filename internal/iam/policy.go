package iam

import (
	"fmt"
	"iter"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Statement is a statement of a policy.
type Statement struct {
	// Where says where the statement is, for a person: "ApiRole api 2" is the third statement of the policy api.
	Where      string
	Deny       bool
	Actions    []string
	Resources  []string
	Conditions []Condition
}

func (s Statement) String() string { return s.Where }

// Condition compares the values of a key of the request with patterns.
type Condition struct {
	Operator string
	Key      string
	Values   []string
}

// Policies are the statements of the template: of its roles, and of the policies of its tables.
type Policies struct {
	Roles  map[string][]Statement
	Tables map[string][]Statement
}

// Read reads the policies of a template. Its error names a form that the package does not know.
func Read(template []byte) (Policies, error) {
	var document struct {
		Resources map[string]resource `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(template, &document); err != nil {
		return Policies{}, fmt.Errorf("iam: parse the template: %w", err)
	}
	all := Policies{Roles: map[string][]Statement{}, Tables: map[string][]Statement{}}
	for id, r := range document.Resources {
		var err error
		switch r.Type {
		case "AWS::IAM::Role":
			all.Roles[id], err = role(id, r, document.Resources)
		case "AWS::DynamoDB::Table":
			all.Tables[id], err = ofTable(id, r)
		}
		if err != nil {
			return Policies{}, err
		}
	}
	return all, nil
}

type resource struct {
	Type       string    `yaml:"Type"`
	Properties yaml.Node `yaml:"Properties"`
}

// role returns the statements of a role: its own, and those of its managed policies.
func role(id string, r resource, resources map[string]resource) ([]Statement, error) {
	var declared struct {
		ManagedPolicyArns []yaml.Node `yaml:"ManagedPolicyArns"`
		Policies          []struct {
			PolicyName     string   `yaml:"PolicyName"`
			PolicyDocument document `yaml:"PolicyDocument"`
		} `yaml:"Policies"`
	}
	if err := r.Properties.Decode(&declared); err != nil {
		return nil, fmt.Errorf("iam: %s: %w", id, err)
	}
	var all []Statement
	for _, policy := range declared.Policies {
		statements, err := policy.PolicyDocument.statements(id+" "+policy.PolicyName, "")
		if err != nil {
			return nil, err
		}
		all = append(all, statements...)
	}
	for _, arn := range declared.ManagedPolicyArns {
		managed, known := resources[arn.Value]
		if arn.Tag != "!Ref" || !known {
			return nil, fmt.Errorf("iam: %s: %q is not a managed policy of the template", id, arn.Value)
		}
		statements, err := ofManaged(arn.Value, managed)
		if err != nil {
			return nil, err
		}
		all = append(all, statements...)
	}
	return all, nil
}

func ofManaged(id string, r resource) ([]Statement, error) {
	var declared struct {
		PolicyDocument document `yaml:"PolicyDocument"`
	}
	if err := r.Properties.Decode(&declared); err != nil {
		return nil, fmt.Errorf("iam: %s: %w", id, err)
	}
	return declared.PolicyDocument.statements(id, "")
}

func ofTable(id string, r resource) ([]Statement, error) {
	var declared struct {
		ResourcePolicy struct {
			PolicyDocument document `yaml:"PolicyDocument"`
		} `yaml:"ResourcePolicy"`
	}
	if err := r.Properties.Decode(&declared); err != nil {
		return nil, fmt.Errorf("iam: %s: %w", id, err)
	}
	return declared.ResourcePolicy.PolicyDocument.statements(id+" policy", id)
}

type document struct {
	Statement []map[string]yaml.Node `yaml:"Statement"`
}

// statements reads a document. Of a resource is the resource that it is the policy of, "" for a policy of a role.
func (d document) statements(where, ofResource string) ([]Statement, error) {
	all := make([]Statement, len(d.Statement))
	for i, fields := range d.Statement {
		at := fmt.Sprint(where, " ", i)
		var err error
		if all[i], err = readStatement(at, fields, ofResource); err != nil {
			return nil, fmt.Errorf("iam: %s: %w", at, err)
		}
	}
	return all, nil
}

func readStatement(where string, fields map[string]yaml.Node, ofResource string) (Statement, error) {
	s := Statement{Where: where}
	for name, node := range fields {
		var err error
		switch name {
		case "Sid":
		case "Effect":
			s.Deny, err = readEffect(node)
		case "Action":
			s.Actions, err = list(node, literal)
		case "Resource":
			s.Resources, err = list(node, resourceName)
		case "Condition":
			s.Conditions, err = readConditions(node)
		case "Principal":
			err = readPrincipal(node, ofResource)
		default:
			err = fmt.Errorf("element %s is not known", name)
		}
		if err != nil {
			return Statement{}, err
		}
	}
	if ofResource != "" { // "*" is the table itself there
		s.Resources = []string{ofResource, ofResource + "/*"}
	}
	if len(s.Actions) == 0 || len(s.Resources) == 0 {
		return Statement{}, fmt.Errorf("it needs Action and Resource")
	}
	return s, nil
}

func readEffect(node yaml.Node) (deny bool, err error) {
	if node.Value != "Allow" && node.Value != "Deny" {
		return false, fmt.Errorf("effect %q is not known", node.Value)
	}
	return node.Value == "Deny", nil
}

// readPrincipal knows only everybody.
func readPrincipal(node yaml.Node, ofResource string) error {
	if node.Value != "*" || ofResource == "" {
		return fmt.Errorf("principal %q is not known", node.Value)
	}
	return nil
}

func readConditions(node yaml.Node) ([]Condition, error) {
	var all []Condition
	for operator, keys := range pairs(node) {
		name, err := literal(operator)
		if err != nil || compare[name] == nil {
			return nil, fmt.Errorf("line %d: operator %s is not known", operator.Line, operator.Value)
		}
		for key, values := range pairs(keys) {
			texts, err := list(values, literal)
			if err != nil {
				return nil, err
			}
			all = append(all, Condition{name, strings.ToLower(key.Value), texts})
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("line %d: the condition compares nothing", node.Line)
	}
	return all, nil
}

// pairs iterates over the keys and values of a mapping.
func pairs(mapping yaml.Node) iter.Seq2[yaml.Node, yaml.Node] {
	return func(yield func(yaml.Node, yaml.Node) bool) {
		for i := 0; i+1 < len(mapping.Content); i += 2 {
			if !yield(*mapping.Content[i], *mapping.Content[i+1]) {
				return
			}
		}
	}
}

// list reads one text or several.
func list(node yaml.Node, read func(yaml.Node) (string, error)) ([]string, error) {
	if node.Kind != yaml.SequenceNode {
		text, err := read(node)
		return []string{text}, err
	}
	var all []string
	for _, element := range node.Content {
		text, err := read(*element)
		if err != nil {
			return nil, err
		}
		all = append(all, text)
	}
	return all, nil
}

func literal(node yaml.Node) (string, error) {
	if node.Kind != yaml.ScalarNode || node.Tag != "!!str" {
		return "", fmt.Errorf("line %d: must be a text", node.Line)
	}
	return node.Value, nil
}

var inSub = regexp.MustCompile(`^\$\{(\w+)\.Arn\}([^$]*)$`)

// resourceName returns the name of the resource that the node refers to.
func resourceName(node yaml.Node) (string, error) {
	switch {
	case node.Tag == "!GetAtt":
		return strings.TrimSuffix(node.Value, ".Arn"), nil
	case node.Tag == "!Sub" && inSub.MatchString(node.Value):
		return inSub.ReplaceAllString(node.Value, "$1$2"), nil
	case node.Value == "*":
		return "*", nil
	}
	return "", fmt.Errorf("line %d: resource %q is not known", node.Line, node.Value)
}
