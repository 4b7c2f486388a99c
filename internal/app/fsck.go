package app

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"lethe/internal/bulk"
	"lethe/internal/busy"
	"lethe/internal/dynamo"
	"lethe/internal/fsck"
	"lethe/internal/operations"
)

const (
	fsckPart   = 3 * time.Second // scan time for a page of a plan
	fsckSettle = 2 * time.Second // longest lag of the change stream
	fsckSlack  = time.Hour       // as for the alarm about overdue purges

	// repairedTogether is the number of repairs between two checks for a cancellation. Their
	// requests, a dozen each, take less than a second.
	repairedTogether = 5
)

// newChecker returns a checker of the function's tables.
func newChecker(c Config, db aws.Config) fsck.Checker {
	return fsck.Checker{
		DB: dynamodb.NewFromConfig(busy.Configure(dynamo.Metering(db))), Table: c.Table, Ledger: c.Ledger, Shards: c.IndexShards, Grace: c.grace(), AnyGrace: true, Settle: fsckSettle, Slack: fsckSlack,
	}
}

// fsckTables adapts a checker, and the table that makes its repairs, to operations.Tables.
func fsckTables(checker fsck.Checker, table *dynamo.Table) operations.Tables {
	return operations.Tables{
		Part: func(ctx context.Context, position string) ([]operations.Finding, string, error) {
			found, next, err := checker.Part(ctx, position, fsckPart)
			if errors.Is(err, fsck.ErrTooMany) {
				err = &bulk.SelectionError{Problem: "there are more findings than an operation can hold; list and repair them with the command lethe fsck"}
			}
			findings := make([]operations.Finding, len(found))
			for i, f := range found {
				findings[i] = operations.Finding{Rule: string(f.Rule), Customer: f.Customer, Key: f.Key, At: f.At, Repairable: f.Repairable}
			}
			return findings, next, err
		},
		Repair: func(ctx context.Context, by string, findings []operations.Finding) ([]bulk.Outcome, error) {
			decided := make([]bulk.Outcome, 0, len(findings))
			for some := range slices.Chunk(findings, repairedTogether) {
				err := bulk.MayBegin(ctx)
				if err == nil {
					var repaired []fsck.Outcome
					repaired, err = checker.Repair(ctx, table, by, toFsck(some))
					decided = append(decided, outcomes(repaired, err)...)
				}
				if err != nil {
					return append(decided, make([]bulk.Outcome, len(findings)-len(decided))...), err
				}
			}
			return decided, nil
		},
	}
}

func toFsck(findings []operations.Finding) []fsck.Finding {
	found := make([]fsck.Finding, len(findings))
	for i, f := range findings {
		found[i] = fsck.Finding{Rule: fsck.Rule(f.Rule), Customer: f.Customer, Key: f.Key, At: f.At}
	}
	return found
}

// outcomes converts the outcomes of repairs. It leaves NotRepaired undecided, so that it is tried
// again: the item changed before each attempt to repair it.
func outcomes(repaired []fsck.Outcome, err error) []bulk.Outcome {
	var decided []bulk.Outcome
	for _, outcome := range repaired {
		switch outcome {
		case fsck.Repaired:
			decided = append(decided, bulk.Outcome{Result: bulk.OutcomeDone})
		case fsck.Changed:
			decided = append(decided, bulk.Outcome{Result: bulk.OutcomeSkipped, Code: bulk.Changed})
		default:
			left := bulk.Outcome{}
			if err != nil {
				left.Code = bulk.Interrupted
			}
			decided = append(decided, left)
		}
	}
	return decided
}
