package main

import (
	"cmp"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"lethe/internal/scale/cloud"
	"lethe/internal/scale/recorded"
)

// report writes the table, and below it what it goes by.
func report(output io.Writer, o options, lethe *recorded.Lethe, lines []result, took time.Duration) error {
	table := tabwriter.NewWriter(output, 0, 0, 3, ' ', 0)
	fmt.Fprintf(table, "\ttime\tgoal\tworst wait\tprice\tlogged after\tprice of the log\tAPI p99\tAPI busy\n")
	for _, r := range lines {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.what, r.time(), cmp.Or(r.goal, "-"), short(r.worst),
			dollars(r.paid), short(r.logged), dollars(r.audit), short(r.p99()), r.busy())
	}
	fmt.Fprintf(table, "\nCounted\trequests\twrite units\tread units\tthrottled\tconflicts\tmade again\trequests to SQS\tinvocations\tlongest wait of an entry\n")
	for _, r := range lines {
		counted(table, r.what, r.paid, "-")
		counted(table, "… its log", r.audit, short(r.lag))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return explain(output, o, lethe, lines, took)
}

func counted(table io.Writer, what string, m cloud.Meter, lag string) {
	fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", what, count(m.Requests), count(int(m.Write)), count(int(m.Read)),
		count(m.Throttled), count(m.Conflicts), count(m.Failed), count(m.QueueRequests), count(m.Invocations), lag)
}

func (r result) time() string {
	if r.done < r.customers {
		return fmt.Sprintf("%s of %s done", count(r.done), count(r.customers))
	}
	if r.note != "" {
		return short(r.took) + " (" + r.note + ")"
	}
	return short(r.took)
}

func (r result) busy() string {
	return fmt.Sprintf("%s of %s", count(r.refused), count(len(r.waits)))
}

func dollars(m cloud.Meter) string { return fmt.Sprintf("$%.2f", m.Dollars()) }

func explain(output io.Writer, o options, lethe *recorded.Lethe, lines []result, took time.Duration) error {
	p := cloud.Price
	capacity := "new tables, which take 4,000 write units a second"
	if o.warm > 0 {
		capacity = fmt.Sprintf("tables that take %s write units a second", count(o.warm))
	}
	_, err := fmt.Fprintf(output, `
Simulated, not measured on AWS: what Lethe's functions ask of AWS, recorded in small runs of the real code, was played in virtual time
on %s, 1,000 for each partition; %d workers with up to %d messages each; %d lanes of the stream; %g requests a second to the API.
The time of a deletion is that from its approval. Prices are those of us-east-1: $%.3f for a million write units, $%.3f for a million read units,
$%.2f for a million requests to SQS, $%.2f for a million invocations, $%.10f for a GB-second. A purge is of a customer with 2 records.
%s in all, seed %d.
`, capacity, lethe.Work.Queues[0].Concurrency, lethe.Work.Queues[0].BatchSize, lines[0].stream.Lanes, o.visits,
		p.WriteUnit*1e6, p.ReadUnit*1e6, p.QueueRequest*1e6, p.Invocation*1e6, p.GigabyteSecond, took.Round(time.Second), o.seed)
	return err
}

// count formats a number with separated thousands.
func count(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", count(n/1000), n%1000)
}

// short formats a time with three digits.
func short(d time.Duration) string {
	switch {
	case d >= 10*time.Minute:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d >= 10*time.Second:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d >= time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return fmt.Sprintf("%.0f ms", float64(d)/float64(time.Millisecond))
}
