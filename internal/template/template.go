// Package template reads the parts of Lethe's SAM template that one machine can run: tables, queues, functions and their
// triggers. Anything else is an error that names the resource and the property, unless it is known to have no effect
// on one machine (permissions, alarms, log groups ...).
package template

import (
	"errors"
	"fmt"
	"os"

	"go.yaml.in/yaml/v3"
)

// Template is the system that a SAM template declares, in the order of the template.
type Template struct {
	Tables    []Table
	Queues    []Queue
	Functions []Function
	// Authorizer is what the routes that are not open need, nil if the API has none: every route is open then.
	Authorizer *Authorizer
}

// Load reads the template in the file. The parameters override the template's defaults by name.
func Load(file string, parameters map[string]string) (*Template, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the template: %w", err)
	}
	return Parse(data, parameters)
}

// Parse is Load for a template in memory. The error joins all faults of the template.
func Parse(data []byte, parameters map[string]string) (*Template, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return nil, fmt.Errorf("parse the template: %w", err)
	}
	if len(document.Content) != 1 {
		return nil, errors.New("parse the template: it is empty")
	}
	parser := &parser{template: &Template{}, kinds: map[string]string{}}
	parser.run(document.Content[0], parameters)
	if err := errors.Join(parser.errs...); err != nil {
		return nil, fmt.Errorf("the template cannot run on one machine:\n%w", err)
	}
	return parser.template, nil
}

// parser collects the template and its faults.
type parser struct {
	template   *Template
	parameters map[string]string
	kinds      map[string]string // logical id -> resource type
	conditions map[string]bool   // name -> whether it holds
	undecided  *object           // conditions that were not evaluated yet
	globals    *object
	errs       []error
}

func (p *parser) fail(where, format string, args ...any) {
	p.errs = append(p.errs, fmt.Errorf("%s: %w", where, fmt.Errorf(format, args...)))
}

func (p *parser) run(root *yaml.Node, overrides map[string]string) {
	top := p.object("template", root)
	top.ignore("AWSTemplateFormatVersion", "Transform", "Description", "Outputs", "Metadata")
	p.readParameters(top.object("Parameters"), overrides)
	p.readRules(top.object("Rules"))
	p.readConditions(top.object("Conditions"))
	for _, section := range []string{"Globals", "Resources"} {
		if node := top.fields[section]; node != nil {
			p.decide(section, node)
		}
	}
	globals := top.object("Globals")
	p.globals = globals.object("Function")
	globals.close()
	p.readResources(top.object("Resources"))
	top.close()
}

func (p *parser) readResources(declared *object) {
	resources := map[string]*object{}
	for id, resource := range declared.each() {
		if p.exists(id, resource) {
			resources[id], p.kinds[id] = resource, resource.peek("Type")
		}
	}
	for _, id := range declared.keys {
		if resource := resources[id]; resource != nil {
			p.readResource(id, resource)
		}
	}
	p.checkAuthorizer()
}

// deployed are the types that have an effect on AWS only: sign-in, permissions, encryption in transit, logs and alarms.
var deployed = map[string]bool{
	"AWS::Cognito::ManagedLoginBranding":   true,
	"AWS::Cognito::UserPool":               true,
	"AWS::Cognito::UserPoolClient":         true,
	"AWS::Cognito::UserPoolDomain":         true,
	"AWS::Cognito::UserPoolGroup":          true,
	"AWS::Cognito::UserPoolResourceServer": true,

	"AWS::IAM::Role":          true,
	"AWS::IAM::ManagedPolicy": true,
	"AWS::SQS::QueuePolicy":   true,
	"AWS::Logs::LogGroup":     true,
	"AWS::Logs::MetricFilter": true,
	"AWS::CloudWatch::Alarm":  true,
}

func (p *parser) readResource(id string, resource *object) {
	kind := resource.string("Type")
	if deployed[kind] {
		return
	}
	resource.ignore("DeletionPolicy", "UpdateReplacePolicy", "DependsOn")
	properties := resource.object("Properties")
	properties.where = id
	switch kind {
	case "AWS::DynamoDB::Table":
		p.readTable(id, properties)
	case "AWS::SQS::Queue":
		p.readQueue(id, properties)
	case "AWS::Serverless::Function":
		p.readFunction(id, properties, resource.object("Metadata"))
	case "AWS::Serverless::HttpApi":
		p.readAPI(properties)
	default:
		p.fail(id, "type %q is not supported on one machine", kind)
		return
	}
	resource.close()
}
