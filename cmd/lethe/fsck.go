package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"lethe/internal/customer"
	"lethe/internal/fsck"
)

const fsckUsage = `Usage: go run ./cmd/lethe fsck (--table T --ledger L | --local) [options]

Reads both tables, in parallel segments, and reports what the rules of Lethe do not allow: records, search terms and claims
without their customer, counts that differ from the records, customers that are due and not purged, or that are there
although the ledger says that they were purged, and so on. What it suspects it reads again, consistently, before it reports
it: the system may go on working. Keys that hold a name or an address are hashed in the report.

With --repair it repairs what can be repaired, each on condition that nothing has changed since it was seen. What is left
of customers who are gone is purged, and certified, by the next sweep. Without --repair it can't write.

Exit code: 0 if nothing is wrong, or all is repaired; 1 if something is wrong; 2 if it could not be checked.

Options:
`

// fsckOptions are fsck's command line.
type fsckOptions struct {
	tables

	checker fsck.Checker

	json, repair, yes bool
	grace             customer.Period
}

func parseFsck(args []string, std stdio) (fsckOptions, error) {
	o := fsckOptions{grace: customer.PeriodOf(72 * time.Hour)}
	o.checker.AnyGrace = true
	flags := flag.NewFlagSet("fsck", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // what is wrong is told by the caller
	flags.Usage = func() {}
	o.flags(flags)
	flags.IntVar(&o.checker.Segments, "segments", 8, "`number` of segments read at once")
	flags.IntVar(&o.checker.Rate, "rate", 0, "read `units` a second, about; 0 for as many as there can be")
	flags.BoolVar(&o.json, "json", false, "report as JSON")
	flags.BoolVar(&o.repair, "repair", false, "repair what can be repaired")
	flags.BoolVar(&o.yes, "yes", false, "with --repair: don't ask")
	flags.DurationVar(&o.checker.Slack, "slack", time.Hour, "`time` that a customer may be due before it is reported")
	flags.DurationVar(&o.checker.Settle, "settle", 3*time.Second, "`time` between a suspicion and the look that settles it: what the change stream may lag")
	flags.IntVar(&o.checker.Shards, "shards", 0, "`number` of partitions of each list: the stack's parameter IndexShards; 0 takes any for right")
	flags.TextVar(&o.grace, "grace", o.grace, "`period` between the purge time and TTL: the stack's parameter PurgeGrace")
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(std.out)
		fmt.Fprint(std.out, fsckUsage)
		flags.PrintDefaults()
	}
	if err != nil {
		return o, err
	}
	switch length, ok := o.grace.Length(); {
	case flags.NArg() > 0:
		return o, fmt.Errorf("%q is not an option; see --help", flags.Arg(0))
	case !ok:
		return o, errors.New("--grace must be a length of time, such as P3D, and not never: give the stack's parameter PurgeGrace")
	case o.checker.Segments < 1 || o.checker.Segments > 1000 || o.checker.Rate < 0 || o.checker.Shards < 0:
		return o, errors.New("--segments must be 1 to 1000, and --shards and --rate no less than 0")
	default:
		o.checker.Grace = length
	}
	return o, nil
}

func runFsck(ctx context.Context, args []string, std stdio) (int, error) {
	o, err := parseFsck(args, std)
	if errors.Is(err, flag.ErrHelp) {
		return exitClean, err
	}
	if err != nil {
		return exitFailed, err
	}
	cfg, err := o.open(ctx)
	if err != nil {
		return exitFailed, err
	}
	if o.repair && !o.yes && !agreed(std, o.table) {
		return exitFailed, errors.New("nothing was repaired: type yes to repair, or give --yes to repair without the question")
	}
	o.checker.DB, o.checker.Table, o.checker.Ledger = dynamodb.NewFromConfig(cfg), o.table, o.ledger
	out := bufio.NewWriter(std.out)
	defer out.Flush()
	meter := newMeter(std.err)
	o.checker.Progress = meter.tell
	defer meter.stop()
	r := reporter{out: out, json: o.json}
	r.begin()
	report, err := o.checker.Check(ctx, o.repairer(cfg), r.finding)
	meter.stop()
	if err != nil {
		return exitFailed, err
	}
	r.end(report)
	switch {
	case report.Findings > report.Repaired:
		return exitFindings, nil
	case report.Unsettled > 0:
		return exitFailed, fmt.Errorf("%d customers or operations could not be judged; try again when there is less going on", report.Unsettled)
	}
	return exitClean, nil
}

// agreed asks whether to repair.
func agreed(std stdio, table string) bool {
	fmt.Fprintf(std.err, "Repair what is wrong in %s? What is left of customers who are gone will be erased. Type yes: ", table)
	line, _ := bufio.NewReader(std.in).ReadString('\n')
	return strings.TrimSpace(line) == "yes"
}

// reporter writes the report while it comes in, for there may be more than fits anywhere.
type reporter struct {
	out     io.Writer
	json    bool
	started bool
}

func (r *reporter) begin() {
	if r.json {
		fmt.Fprint(r.out, `{"findings":[`)
	}
}

func (r *reporter) finding(f fsck.Finding) {
	if !r.json {
		done := ""
		switch {
		case f.Repaired:
			done = " [repaired]"
		case f.Repairable:
			done = " [repairable]"
		}
		fmt.Fprintf(r.out, "%v%s\n", f, done)
		return
	}
	if r.started {
		fmt.Fprint(r.out, ",")
	}
	r.started = true
	text, err := json.Marshal(f)
	if err != nil {
		panic(err) // texts can be encoded
	}
	fmt.Fprintf(r.out, "\n%s", text)
}

func (r *reporter) end(report fsck.Report) {
	if r.json {
		text, err := json.Marshal(report)
		if err != nil {
			panic(err) // numbers can be encoded
		}
		fmt.Fprintf(r.out, "\n],\"report\":%s}\n", text)
		return
	}
	if report.Findings > 0 {
		fmt.Fprintln(r.out)
	}
	for _, rule := range slices.Sorted(maps.Keys(report.ByRule)) {
		fmt.Fprintf(r.out, "%8d %s\n", report.ByRule[rule], rule)
	}
	fmt.Fprintf(r.out, "%d items read, %d findings, %d repaired.", report.Items, report.Findings, report.Repaired)
	if report.Unsettled > 0 {
		fmt.Fprintf(r.out, " %d customers or operations changed each time they were looked at, and were left out.", report.Unsettled)
	}
	fmt.Fprintf(r.out, "\nIt took %d requests, %.1f read units and %.1f write units.\n", report.Cost.Requests, report.Cost.ReadUnits, report.Cost.WriteUnits)
}
