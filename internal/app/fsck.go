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
	fsckPart   = 3 * time.Second // of scanning between two pages of a plan
	fsckSettle = 2 * time.Second // what the change stream may lag
	fsckSlack  = time.Hour       // as long as the alarm of an overdue purge waits

	// mendedTogether is how many repairs are begun at a time: their requests, a dozen each, are
	// made within a second.
	mendedTogether = 5
)

// newChecker is the checker of the function's tables.
func newChecker(c Config, db aws.Config) fsck.Checker {
	return fsck.Checker{
		DB: dynamodb.NewFromConfig(busy.Configure(dynamo.Metering(db))), Table: c.Table, Ledger: c.Ledger, Shards: c.IndexShards, Grace: c.grace(), AnyGrace: true, Settle: fsckSettle, Slack: fsckSlack,
	}
}

// checking puts a checker, and the table that repairs, in the terms of operations.
func checking(checker fsck.Checker, table *dynamo.Table) operations.Tables {
	return operations.Tables{
		Part: func(ctx context.Context, position string) ([]operations.Finding, string, error) {
			found, next, err := checker.Part(ctx, position, fsckPart)
			if errors.Is(err, fsck.ErrTooMany) {
				err = &bulk.SelectionError{Problem: "more is wrong than an operation can hold; see it with the command lethe fsck"}
			}
			findings := make([]operations.Finding, len(found))
			for i, f := range found {
				findings[i] = operations.Finding{Rule: string(f.Rule), Customer: f.Customer, Key: f.Key, At: f.At, Repairable: f.Repairable}
			}
			return findings, next, err
		},
		Repair: func(ctx context.Context, by string, findings []operations.Finding) ([]bulk.Outcome, error) {
			decided := make([]bulk.Outcome, 0, len(findings))
			for some := range slices.Chunk(findings, mendedTogether) {
				err := bulk.MayBegin(ctx)
				if err == nil {
					var mended []fsck.Outcome
					mended, err = checker.Repair(ctx, table, by, wanted(some))
					decided = append(decided, outcomes(mended, err)...)
				}
				if err != nil {
					return append(decided, make([]bulk.Outcome, len(findings)-len(decided))...), err
				}
			}
			return decided, nil
		},
	}
}

func wanted(findings []operations.Finding) []fsck.Finding {
	found := make([]fsck.Finding, len(findings))
	for i, f := range findings {
		found[i] = fsck.Finding{Rule: fsck.Rule(f.Rule), Customer: f.Customer, Key: f.Key, At: f.At}
	}
	return found
}

// outcomes leaves undecided what is still so: it has changed each time it was about to be repaired.
func outcomes(mended []fsck.Outcome, err error) []bulk.Outcome {
	var decided []bulk.Outcome
	for _, m := range mended {
		switch m {
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
