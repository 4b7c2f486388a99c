package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"lethe/internal/engine"
)

// options say what to run and how.
type options struct {
	Port       int // 0 for any free port
	Dir        string
	Reset      bool
	Engine     engine.Kind
	Parameters map[string]string // of the template
	Schedule   bool
	Tick       time.Duration // period of every schedule instead of its own, 0 for its own
	Visibility time.Duration // of every queue instead of its own, 0 for its own
	Timeout    time.Duration // of the functions that work on queues instead of their own, 0 for their own
	StreamAge  time.Duration // for which streams keep changes instead of 24 hours, 0 for these
	Demo       bool
	Dashboard  bool // build the dashboard where its sources have changed

	// DynamoDBURL and SQSURL are endpoints to use instead of engines of our own.
	DynamoDBURL, SQSURL string
	// Output takes progress, and the lines that functions print.
	Output io.Writer
	// Load fills a new system with demo data.
	Load func(ctx context.Context, baseURL string, progress io.Writer) error
}

const usage = `Usage: make run ARGS="[options]"

Runs the whole of Lethe on this machine, as template.yaml declares it.

Options:
`

const environment = `
Environment:
  AWS_ENDPOINT_URL_DYNAMODB  a DynamoDB to use instead of starting one
  AWS_ENDPOINT_URL_SQS       an SQS to use instead of starting one
  With either, AWS_REGION and the AWS credentials of the environment are used where given.
`

// parse reads the command line. What is wrong with it is also shown on output.
func parse(args []string, output io.Writer) (options, error) {
	o := options{Parameters: map[string]string{}}
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.SetOutput(output)
	flags.Usage = func() {
		fmt.Fprint(output, usage)
		flags.PrintDefaults()
		fmt.Fprint(output, environment)
	}
	flags.IntVar(&o.Port, "port", 8080, "`port` of the API and the dashboard on 127.0.0.1; 0 takes a free one")
	flags.StringVar(&o.Dir, "dir", ".lethe", "`folder` in which everything persists")
	flags.BoolVar(&o.Reset, "reset", false, "forget what persisted and begin anew")
	flags.StringVar((*string)(&o.Engine), "engine", string(engine.Automatic), "`engine` of DynamoDB: dynoxide, dynamodb-local (needs Java 17), or auto for the first of them that runs here")
	flags.BoolVar(&o.Schedule, "schedule", true, "run the schedules; with false only TTL purges")
	flags.DurationVar(&o.Tick, "tick", 0, "`period` of the schedules instead of the template's, such as 2s")
	flags.DurationVar(&o.Visibility, "visibility", 0, "`time` for which queues hide a received message instead of the template's, such as 30s")
	flags.DurationVar(&o.Timeout, "timeout", 0, "time `limit` of the functions that work on queues instead of the template's, such as 5s")
	flags.BoolVar(&o.Demo, "demo", true, "fill a new system with demo data")
	flags.BoolVar(&o.Dashboard, "dashboard", true, "build the dashboard where its sources have changed")
	flags.Func("param", "`Name=value` of a parameter of the template, such as Retention=PT30S; may be repeated", func(text string) error {
		name, value, found := strings.Cut(text, "=")
		if !found {
			return fmt.Errorf("%q is not Name=value", text)
		}
		o.Parameters[name] = value
		return nil
	})
	if err := flags.Parse(onOff(args)); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("%q is not an option; see --help", flags.Arg(0))
	}
	return o, nil
}

// onOff lets people say --schedule=off.
func onOff(args []string) []string {
	words := strings.NewReplacer("-schedule=off", "-schedule=false", "-schedule=on", "-schedule=true")
	replaced := make([]string, len(args))
	for i, arg := range args {
		replaced[i] = words.Replace(arg)
	}
	return replaced
}
