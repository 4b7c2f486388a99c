package sim

import (
	"context"
	"testing"
	"time"

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
	o := options(tables)
	o.Finished, o.Personal = true, personal
	if _, err := fsck.New(tables.Config, o).Check(ctx, false, func(f fsck.Finding) { t.Error(f) }); err != nil {
		t.Error(err)
	}
}

// options of a checker of a test's tables.
func options(tables dynamotest.Tables) fsck.Options {
	return fsck.Options{Table: tables.Name, Ledger: tables.Ledger, Segments: 2, Grace: grace, Shards: shards}
}
