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

// Grace period and shards of the stores that dynamotest opens.
const (
	grace  = time.Hour
	shards = 4
)

// Check runs fsck over the tables and fails the test with its findings. No purge may be under way.
func Check(t testing.TB, tables dynamotest.Tables, personal ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute) // in a cleanup, t.Context has ended
	defer cancel()
	checker := checkerOf(tables, tables.Config)
	checker.Finished, checker.Personal = true, personal
	if _, err := checker.Check(ctx, nil, func(f fsck.Finding) { t.Error(f) }); err != nil {
		t.Error(err)
	}
}

// checkerOf returns a checker of a test's tables.
func checkerOf(tables dynamotest.Tables, cfg aws.Config) fsck.Checker {
	return fsck.Checker{
		DB: dynamodb.NewFromConfig(cfg), Table: tables.Name, Ledger: tables.Ledger, Segments: 2, Grace: grace, Shards: shards,
	}
}
