// Command scale shows how Lethe would do on AWS with a million customers. It records what Lethe's real functions ask of AWS in
// small runs on a local engine, and plays that in a simulated cloud with the limits that AWS documents, in virtual time. It
// measures nothing on AWS. docs/testing.md says what is simulated.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"lethe/internal/scale/recorded"
)

func main() {
	if err := command(os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

// options of a run.
type options struct {
	customers, records int
	warm               int
	visits             float64 // a second
	share              float64
	storm, limit       time.Duration
	seed               uint64
	stopped            func() bool // somebody pressed Ctrl-C
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("scale", flag.ContinueOnError)
	flags.IntVar(&o.customers, "customers", 1_000_000, "how `many` customers are deleted, and purged; a tenth of them in the storm")
	flags.IntVar(&o.records, "records", 1_000_000, "how `many` records the large customer has")
	flags.IntVar(&o.warm, "warm", 0, "`units` a second that the tables take for writes from the start, such as after pre-warming; by default those of new tables")
	flags.Float64Var(&o.visits, "visits", 20, "requests a `second` to the API in the same time")
	flags.Float64Var(&o.share, "share", 0.3, "the `share` of the requests to the tables that the storm throttles")
	flags.DurationVar(&o.storm, "storm", time.Minute, "how `long` the storm lasts")
	flags.DurationVar(&o.limit, "limit", 48*time.Hour, "the virtual `time` after which a line ends as it is")
	flags.Uint64Var(&o.seed, "seed", 1, "`seed` of the simulation: the same traces with the same seed give the same lines")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.customers < 1 || o.records < 1 || o.visits <= 0 || o.share < 0 || o.share > 1 || o.warm < 0 || o.warm > 40_000 {
		return o, errors.New("-customers and -records must be at least 1, -visits more than 0, -share from 0 to 1, -warm from 0 to 40000")
	}
	return o, nil
}

func command(args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	began := time.Now()
	lethe, err := recorded.Record(ctx, recorded.Full, os.Stderr)
	if err != nil {
		return err
	}
	o.stopped = func() bool { return ctx.Err() != nil }
	var lines []result
	for _, scenario := range scenarios(o, lethe) {
		r := scenario.run()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		fmt.Fprintf(os.Stderr, "played: %s\n", r.what)
		lines = append(lines, r)
	}
	return report(os.Stdout, o, lethe, lines, time.Since(began))
}
