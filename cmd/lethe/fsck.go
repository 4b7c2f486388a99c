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

Reads both tables in parallel segments and reports everything that breaks the rules of Lethe: records, search terms and
claims without their customer, wrong counts of records, customers that are due and not purged, customers that exist although
the ledger certifies their purge, and so on. Before it reports an error, it reads the items again, consistently, so the
system may be running. Keys that contain a name or an e-mail address are hashed in the report.

With --repair it repairs what can be repaired. It makes each repair only if the items have not changed since they were read.
What is left of customers who are gone is purged, and certified, by the next sweep. Without --repair it can't write.

Exit code: 0 if nothing is wrong, or all is repaired; 1 if something is wrong; 2 if the check failed.

Options:
`

// fsckOptions are the options of the command fsck.
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
	flags.SetOutput(io.Discard) // the caller prints the error
	flags.Usage = func() {}
	o.flags(flags)
	flags.IntVar(&o.checker.Segments, "segments", 8, "`number` of segments to scan in parallel, 1 to 1000")
	flags.IntVar(&o.checker.Rate, "rate", 0, "approximate limit of read `units` a second; 0 for no limit")
	flags.BoolVar(&o.json, "json", false, "write the report as JSON")
	flags.BoolVar(&o.repair, "repair", false, "repair what can be repaired")
	flags.BoolVar(&o.yes, "yes", false, "with --repair: don't ask for confirmation")
	flags.DurationVar(&o.checker.Slack, "slack", time.Hour, "report a customer that has been due for longer than this `time`")
	flags.DurationVar(&o.checker.Settle, "settle", 3*time.Second, "`time` to wait before items are read again: longer than the lag of the change stream")
	flags.BoolVar(&o.checker.Totals, "totals", false, "count customers and certificates, and compare the totals with them; it repairs none of that")
	flags.IntVar(&o.checker.Shards, "shards", 0, "`number` of partitions of each list: the stack's parameter IndexShards; 0 accepts any number")
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
		return o, errors.New("--grace is never: give the stack's parameter PurgeGrace, a length of time such as P3D")
	case o.checker.Segments < 1 || o.checker.Segments > 1000 || o.checker.Rate < 0 || o.checker.Shards < 0:
		return o, errors.New("--segments must be 1 to 1000, and --shards and --rate must be 0 or more")
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
	if o.repair && !o.yes && !confirmed(std, o.table) {
		return exitFailed, errors.New("nothing was repaired: type yes to confirm, or give --yes")
	}
	o.checker.DB, o.checker.Table, o.checker.Ledger = dynamodb.NewFromConfig(cfg), o.table, o.ledger
	out := bufio.NewWriter(std.out)
	defer out.Flush()
	meter := newMeter(std.err)
	o.checker.Progress = meter.set
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
		return exitFailed, fmt.Errorf("%d customers or operations were not checked, because they changed during each read; try again when the system is less busy", report.Unsettled)
	}
	return exitClean, nil
}

// confirmed asks for a confirmation of the repairs.
func confirmed(std stdio, table string) bool {
	fmt.Fprintf(std.err, "Repair the errors in %s? What is left of customers who are gone will be erased. Type yes: ", table)
	line, _ := bufio.NewReader(std.in).ReadString('\n')
	return strings.TrimSpace(line) == "yes"
}

// reporter writes each finding at once: all of them may not fit into memory.
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
		panic(err) // strings can be encoded
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
		fmt.Fprintf(r.out, " %d customers or operations changed during each read, and were not checked.", report.Unsettled)
	}
	fmt.Fprintf(r.out, "\nIt took %d requests, %.1f read units and %.1f write units.\n", report.Cost.Requests, report.Cost.ReadUnits, report.Cost.WriteUnits)
}
