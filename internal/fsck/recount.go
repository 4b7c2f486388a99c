package fsck

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"

	"lethe/internal/clock"
)

// tally is the totals, or what they should be.
type tally struct {
	Active  int64 `dynamodbav:"active"`
	Trash   int64 `dynamodbav:"trash"`
	Purged  int64 `dynamodbav:"purged"`
	Counted int64 `dynamodbav:"counted"` // changes that the totals have counted so far
}

func (t tally) plus(other tally) tally {
	return tally{t.Active + other.Active, t.Trash + other.Trash, t.Purged + other.Purged, t.Counted + other.Counted}
}

// differs reports whether two tallies differ by more than a number of changes can explain.
func (t tally) differs(other tally, changes int64) bool {
	for _, d := range []int64{t.Active - other.Active, t.Trash - other.Trash, t.Purged - other.Purged} {
		if max(d, -d) > changes {
			return true
		}
	}
	return false
}

func (t tally) String() string {
	return fmt.Sprintf("%d active, %d in the trash, %d purged", t.Active, t.Trash, t.Purged)
}

// with returns the tally with a root that the scan has read.
func (t tally) with(r row) tally {
	if r.State == active {
		t.Active++
	} else {
		t.Trash++
	}
	return t
}

// readTotals reads the totals, consistently.
func (c *check) readTotals(ctx context.Context) (sum tally, err error) {
	var keys []key
	for _, pk := range totalsPKs() {
		keys = append(keys, key{pk, rootSK})
	}
	parts, err := c.client.wholes(ctx, c.Table, keys)
	if err != nil {
		return tally{}, err
	}
	for _, it := range parts {
		var part tally
		if err := attributevalue.UnmarshalMap(it, &part); err != nil {
			return tally{}, fmt.Errorf("fsck: totals: %w", err)
		}
		sum = sum.plus(part)
	}
	return sum, nil
}

// beginRecount reads the totals before anything else is read.
func (c *check) beginRecount(ctx context.Context, p *position) (err error) {
	if c.Totals {
		p.Totals, err = c.readTotals(ctx)
	}
	return err
}

// recount compares the totals with the roots and the certificates that the scan has read. Changes that were counted since
// the check began may explain a difference. If these are too few, changes may still be on their way: it
// waits for the change stream and reads the totals again.
func (c *check) recount(ctx context.Context, p *position) error {
	there := tally{Purged: p.Chains.Filed}
	for _, m := range p.Main {
		there = there.plus(m.Roots)
	}
	totals, err := c.readTotals(ctx)
	if err == nil && totals.differs(there, totals.Counted-p.Totals.Counted) {
		if err := clock.Sleep(ctx, c.Settle); err != nil {
			return err
		}
		totals, err = c.readTotals(ctx)
	}
	if err != nil || !totals.differs(there, totals.Counted-p.Totals.Counted) {
		return err
	}
	c.addFinding(Finding{Rule: TotalsWrong, Key: "P#totals", Problem: fmt.Sprintf(
		"the totals are %s; the tables have %s by their certificates. Unless the change stream is behind, changes were lost or counted twice", totals, there)})
	return nil
}
