package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"lethe/internal/engine"
)

// options are the options of the command.
type options struct {
	Port       int // 0 for any free port
	IssuerPort int // 0 for the port of the last start, or any free one
	Dir        string
	Reset      bool
	Engine     engine.Kind
	Parameters map[string]string // of the template
	Schedule   bool
	Tick       time.Duration // period of every schedule; 0 for the template's
	Visibility time.Duration // visibility timeout of every queue; 0 for the template's
	Timeout    time.Duration // time limit of the functions on queues; 0 for the template's
	StreamAge  time.Duration // how long streams keep changes; 0 for 24 hours
	Batch      int           // most messages of a queue in an invocation; 0 for the template's
	Demo       bool
	Dashboard  bool // build the dashboard if its sources have changed

	// DynamoDBURL and SQSURL are endpoints to use instead of starting engines.
	DynamoDBURL, SQSURL string
	// Output gets the progress and the lines that functions print.
	Output io.Writer
	// Load fills a new system with demo data. The client acts as an administrator who may do everything.
	Load func(ctx context.Context, client *http.Client, baseURL string, progress io.Writer) error
}

const usage = `Usage: make run ARGS="[options]"

Runs the whole of Lethe on this machine, as template.yaml declares it. Ctrl-C stops it; the folder keeps the data.

Examples:
  make run ARGS="--port 9000 --reset"
  make run ARGS="--param Retention=PT30S --tick 2s"

Options:
`

const environment = `
Environment:
  AWS_ENDPOINT_URL_DYNAMODB  address of a DynamoDB to use; none is started then
  AWS_ENDPOINT_URL_SQS       address of an SQS to use; none is started then
  With either, AWS_REGION and the AWS credentials of the environment are used if they are set.
`

// parse parses the command line. If it has --help, parse writes the help to output and returns flag.ErrHelp.
func parse(args []string, output io.Writer) (options, error) {
	o := options{Parameters: map[string]string{}}
	flags := flag.NewFlagSet("local", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // else it prints the whole help after each mistake
	flags.IntVar(&o.Port, "port", 8080, "`port` of the dashboard and the API on 127.0.0.1; 0 takes a free one")
	issuerPort := flags.String("issuer-port", "", "`port` of the sign-in on 127.0.0.1; 0 takes a free one (default the one after --port)")
	flags.StringVar(&o.Dir, "dir", ".lethe", "`folder` that keeps the data")
	flags.BoolVar(&o.Reset, "reset", false, "delete the data in the folder and start over")
	flags.StringVar((*string)(&o.Engine), "engine", string(engine.Automatic), "`engine` of DynamoDB: dynoxide, dynamodb-local (needs Java 17), or auto for the first of them that runs here")
	flags.BoolVar(&o.Schedule, "schedule", true, "run the schedules; with --schedule=off only TTL purges customers")
	flags.Func("tick", "`period` of the schedules, such as 2s; 0s takes the template's", durationInto(&o.Tick))
	flags.Func("visibility", "`time` for which queues hide a received message, such as 30s; 0s takes the template's", durationInto(&o.Visibility))
	flags.Func("timeout", "time `limit` of the functions that work on queues, such as 5s; 0s takes the template's", durationInto(&o.Timeout))
	flags.BoolVar(&o.Demo, "demo", true, "fill new tables with demo data; with --demo=false they stay empty")
	flags.BoolVar(&o.Dashboard, "dashboard", true, "build the dashboard if its sources have changed")
	flags.Func("param", "parameter of the template as `Name=value`, such as Retention=PT30S; may be repeated", func(text string) error {
		name, value, found := strings.Cut(text, "=")
		if !found {
			return fmt.Errorf("%q has no =; write Name=value, such as Retention=PT30S", text)
		}
		o.Parameters[name] = value
		return nil
	})
	err := flags.Parse(onOff(args))
	if errors.Is(err, flag.ErrHelp) {
		help(flags, output)
		return o, err
	}
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("%q is not an option", flags.Arg(0))
	}
	if err == nil {
		o.IssuerPort, err = readIssuerPort(*issuerPort, o.Port)
	}
	if err == nil {
		err = o.checkIssuer()
	}
	if err != nil {
		return o, fmt.Errorf(`%w; see all options with make run ARGS="--help"`, err)
	}
	return o, nil
}

// ownIssuer reports whether the system has an issuer of its own, with the demo administrators.
func (o options) ownIssuer() bool { return o.Parameters["JwtIssuer"] == "" }

// checkIssuer refuses parameters with which the system would refuse the tokens of its own issuer.
func (o options) checkIssuer() error {
	for _, name := range []string{"JwtAudience", "JwtScope", "DashboardClientId", "DashboardScope", "GroupsClaim"} {
		if _, given := o.Parameters[name]; given && o.ownIssuer() {
			return fmt.Errorf("--param %s needs --param JwtIssuer=https://…: the sign-in of this machine has its own", name)
		}
	}
	return nil
}

// readIssuerPort returns the port of the sign-in, by default the one after the API's.
func readIssuerPort(text string, port int) (int, error) {
	switch {
	case text == "" && port == 0:
		return 0, nil
	case text == "":
		return port + 1, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("invalid value %q for flag -issuer-port: write a number, such as 8081", text)
	}
	return n, nil
}

// durationInto returns a function that parses the value of an option into target. Its error says how a duration is written.
func durationInto(target *time.Duration) func(string) error {
	return func(text string) error {
		d, err := time.ParseDuration(text)
		if err != nil {
			return errors.New("write a number and a unit, such as 2s or 1m30s")
		}
		*target = d
		return nil
	}
}

func help(flags *flag.FlagSet, output io.Writer) {
	fmt.Fprint(output, usage)
	flags.SetOutput(output)
	flags.PrintDefaults()
	fmt.Fprint(output, environment)
}

// onOff makes --schedule=off and --schedule=on valid.
func onOff(args []string) []string {
	words := strings.NewReplacer("-schedule=off", "-schedule=false", "-schedule=on", "-schedule=true")
	replaced := make([]string, len(args))
	for i, arg := range args {
		replaced[i] = words.Replace(arg)
	}
	return replaced
}
