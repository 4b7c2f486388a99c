package sim

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"lethe/internal/dynamo/dynamotest"
	"lethe/internal/fsck"
)

// grace is that of the stores that dynamotest opens, as are the shards.
const (
	grace  = time.Hour
	shards = 4
)

// Check fails the test with everything that is wrong in the tables, now that no purge is
// under way.
func Check(t testing.TB, tables dynamotest.Tables, personal ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute) // that of the test has ended in its cleanup
	defer cancel()
	checker := checkerOf(tables, tables.Config)
	checker.Finished, checker.Personal = true, personal
	if _, err := checker.Check(ctx, nil, func(f fsck.Finding) { t.Error(f) }); err != nil {
		t.Error(err)
	}
}

// checkerOf is a checker of a test's tables.
func checkerOf(tables dynamotest.Tables, cfg aws.Config) fsck.Checker {
	return fsck.Checker{
		DB: dynamodb.NewFromConfig(cfg), Table: tables.Name, Ledger: tables.Ledger, Segments: 2, Grace: grace, Shards: shards,
	}
}
