package template

import (
	"encoding/json"
	"strings"
	"time"
)

// HTTPEvent is a route of an HTTP API that leads to the function.
type HTTPEvent struct {
	// Path is the path of the route, for any method. It may end with /{proxy+}, for all paths below. Empty is the $default
	// route, for requests that no other route takes.
	Path string
	// Open reports whether the route needs no token.
	Open bool
	// Timeout is how long the API waits for the function before it answers 503.
	Timeout time.Duration
}

// QueueEvent polls a queue for the function.
type QueueEvent struct {
	Queue          string // logical id
	BatchSize      int
	PartialFailure bool // the function reports the messages that failed
	Concurrency    int  // maximum of concurrent batches, 0 for no limit
}

// StreamEvent reads a table's stream for the function.
type StreamEvent struct {
	Table           string // logical id
	FromStart       bool   // begin with the oldest record, else with new ones
	BatchSize       int
	Window          time.Duration // how long records are gathered for a batch that isn't full
	PartialFailure  bool          // the function reports the first record that failed
	Bisect          bool          // halve a batch that fails
	Parallelization int           // concurrent batches per shard, by partition key
	MaxRetries      int           // -1 for no limit
	MaxAge          time.Duration
	// Filters are patterns. A record must match one of them, if there are any.
	Filters []json.RawMessage
	// OnFailure is the queue for reports of batches that are given up, "" for no reports.
	OnFailure string
}

// ScheduleEvent invokes the function on a schedule, asynchronously.
type ScheduleEvent struct {
	// Expression is the schedule's, such as rate(1 minute), in UTC.
	Expression string
	// Input is the event, "" for the scheduler's own.
	Input string
}

// httpTimeout is the maximum time that an HTTP API waits, and its default.
const httpTimeout = 30 * time.Second

func (p *parser) readEvent(function *Function, event *object) {
	kind := event.string("Type")
	properties := event.object("Properties")
	properties.where = event.where
	switch kind {
	case "HttpApi":
		function.HTTP = append(function.HTTP, p.readHTTPEvent(properties))
	case "SQS":
		function.Queues = append(function.Queues, readQueueEvent(properties))
	case "DynamoDB":
		function.Streams = append(function.Streams, p.readStreamEvent(properties))
	case "ScheduleV2":
		function.Schedules = append(function.Schedules, readScheduleEvent(properties))
	default:
		p.fail(event.where, "type %q is not supported: use HttpApi, SQS, DynamoDB or ScheduleV2", kind)
		return
	}
	properties.close()
	event.close()
}

func (p *parser) readHTTPEvent(properties *object) HTTPEvent {
	properties.reference("ApiId", "AWS::Serverless::HttpApi", "")
	properties.oneOf("PayloadFormatVersion", "2.0")
	event := HTTPEvent{Timeout: httpTimeout, Path: properties.string("Path")}
	if event.Path != "" {
		properties.oneOf("Method", "ANY")
	}
	if ms := properties.int("TimeoutInMillis", 0); ms > 0 {
		event.Timeout = time.Duration(ms) * time.Millisecond
	}
	if strings.Contains(strings.TrimSuffix(event.Path, Greedy), "{") {
		p.fail(properties.at("Path"), "%q: a variable must be %s at the end", event.Path, Greedy)
	}
	auth := properties.object("Auth")
	event.Open = auth.oneOf("Authorizer", "", jwt) == ""
	auth.close()
	return event
}

// Greedy ends the path of a route that takes every path below.
const Greedy = "/{proxy+}"

func readQueueEvent(properties *object) QueueEvent {
	event := QueueEvent{
		Queue:          properties.reference("Queue", "AWS::SQS::Queue", "Arn"),
		BatchSize:      properties.int("BatchSize", 10),
		PartialFailure: readPartialFailure(properties),
	}
	scaling := properties.object("ScalingConfig")
	event.Concurrency = scaling.int("MaximumConcurrency", 0)
	scaling.close()
	if event.BatchSize < 1 || event.BatchSize > 10 {
		properties.parser.fail(properties.at("BatchSize"), "%d is not supported: use 1 to 10, which need no batching window", event.BatchSize)
	}
	return event
}

func readPartialFailure(properties *object) bool {
	types := properties.strings("FunctionResponseTypes")
	for _, kind := range types {
		if kind != "ReportBatchItemFailures" {
			properties.parser.fail(properties.at("FunctionResponseTypes"), "%q is not supported: use ReportBatchItemFailures", kind)
		}
	}
	return len(types) > 0
}

func (p *parser) readStreamEvent(properties *object) StreamEvent {
	event := StreamEvent{
		Table:           properties.reference("Stream", "AWS::DynamoDB::Table", "StreamArn"),
		FromStart:       properties.oneOf("StartingPosition", "LATEST", "TRIM_HORIZON") == "TRIM_HORIZON",
		BatchSize:       properties.int("BatchSize", 100),
		Window:          seconds(properties.int("MaximumBatchingWindowInSeconds", 0)),
		PartialFailure:  readPartialFailure(properties),
		Bisect:          properties.bool("BisectBatchOnFunctionError"),
		Parallelization: properties.int("ParallelizationFactor", 1),
		MaxRetries:      properties.int("MaximumRetryAttempts", -1),
	}
	if age := properties.int("MaximumRecordAgeInSeconds", -1); age > 0 {
		event.MaxAge = seconds(age)
	}
	event.Filters = readFilters(properties)
	if properties.has("DestinationConfig") {
		destination := properties.object("DestinationConfig")
		failure := destination.object("OnFailure")
		failure.oneOf("Type", "SQS")
		event.OnFailure = failure.reference("Destination", "AWS::SQS::Queue", "Arn")
		failure.close()
		destination.close()
	}
	return event
}

func readFilters(properties *object) []json.RawMessage {
	var patterns []json.RawMessage
	criteria := properties.object("FilterCriteria")
	for _, filter := range criteria.objects("Filters") {
		pattern := json.RawMessage(filter.string("Pattern"))
		if !json.Valid(pattern) {
			filter.parser.fail(filter.at("Pattern"), "must be JSON")
		}
		patterns = append(patterns, pattern)
		filter.close()
	}
	criteria.close()
	return patterns
}

// readScheduleEvent ignores how Scheduler retries the delivery of an event: here it is a call within one process.
func readScheduleEvent(properties *object) ScheduleEvent {
	properties.ignore("OmitName", "Name", "Description", "RoleArn", "RetryPolicy", "DeadLetterConfig")
	properties.oneOf("ScheduleExpressionTimezone", "UTC")
	properties.oneOf("State", "ENABLED")
	return ScheduleEvent{
		Expression: properties.string("ScheduleExpression"),
		Input:      properties.string("Input"),
	}
}
