package template

import (
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Function is a Lambda function with its triggers.
type Function struct {
	ID string
	// Name is the name of its folder below functions/: XyzFunction is functions/xyz.
	Name    string
	Timeout time.Duration
	// Memory is the function's memory in MB. Nothing enforces it on one machine.
	Memory int
	// Concurrency is the maximum of concurrent invocations, 0 if the function sets no limit.
	Concurrency int
	Environment map[string]Text
	// AsyncRetries is the number of retries of a failed asynchronous invocation, AsyncAge its maximum age.
	AsyncRetries int
	AsyncAge     time.Duration

	HTTP      []HTTPEvent
	Queues    []QueueEvent
	Streams   []StreamEvent
	Schedules []ScheduleEvent
}

// Lambda's own defaults.
const (
	defaultTimeout      = 3
	defaultMemory       = 128
	defaultAsyncRetries = 2
	defaultAsyncAge     = 6 * 60 * 60
)

func (p *parser) readFunction(id string, properties, metadata *object) {
	properties.inherit(p.globals)
	properties.ignore("Description", "Role", "Tracing", "LoggingConfig", "Architectures" /* built for this machine */, "Tags",
		"RecursiveLoop" /* nobody detects loops here */)
	properties.oneOf("Runtime", "provided.al2023")
	properties.oneOf("Handler", "bootstrap")
	properties.oneOf("CodeUri", ".")
	metadata.oneOf("BuildMethod", "makefile", "go1.x")
	metadata.close()
	function := Function{
		ID:          id,
		Name:        strings.ToLower(strings.TrimSuffix(id, "Function")),
		Timeout:     seconds(properties.int("Timeout", defaultTimeout)),
		Memory:      properties.int("MemorySize", defaultMemory),
		Concurrency: properties.int("ReservedConcurrentExecutions", 0),
		Environment: readEnvironment(properties.object("Environment")),
	}
	async := properties.object("EventInvokeConfig")
	function.AsyncRetries = async.int("MaximumRetryAttempts", defaultAsyncRetries)
	function.AsyncAge = seconds(async.int("MaximumEventAgeInSeconds", defaultAsyncAge))
	async.close()
	events := properties.object("Events")
	for name, event := range events.each() {
		event.where = id + ".Events." + name
		p.readEvent(&function, event)
	}
	properties.close()
	p.template.Functions = append(p.template.Functions, function)
}

func readEnvironment(environment *object) map[string]Text {
	variables := environment.object("Variables")
	environment.close()
	values := map[string]Text{}
	for _, name := range variables.keys {
		values[name] = variables.parser.text(variables.at(name), variables.fields[name])
	}
	return values
}

// inherit adds the fields of the globals that the object lacks, and merges mappings as SAM does.
func (o *object) inherit(globals *object) {
	for _, key := range globals.keys {
		switch own := o.fields[key]; {
		case own == nil:
			o.keys = append(o.keys, key)
			o.fields[key] = globals.fields[key]
		case own.Kind == yaml.MappingNode && globals.fields[key].Kind == yaml.MappingNode:
			o.fields[key] = merged(globals.fields[key], own)
		}
	}
}

// merged returns a mapping with the fields of both; fields of over win.
func merged(base, over *yaml.Node) *yaml.Node {
	both := *base
	both.Content = append([]*yaml.Node{}, base.Content...)
	for i := 0; i+1 < len(over.Content); i += 2 {
		place(&both, over.Content[i], over.Content[i+1])
	}
	return &both
}

func place(mapping, key, value *yaml.Node) {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value != key.Value {
			continue
		}
		if old := mapping.Content[i+1]; old.Kind == yaml.MappingNode && value.Kind == yaml.MappingNode {
			value = merged(old, value)
		}
		mapping.Content[i+1] = value
		return
	}
	mapping.Content = append(mapping.Content, key, value)
}
