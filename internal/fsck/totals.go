package fsck

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"

	"lethe/internal/customer"
	"lethe/internal/repair"
)

const (
	totalsPrefix = "P#totals#"
	totalsParts  = 32
)

// totalsPKs returns the partition keys of all parts.
func totalsPKs() []string {
	pks := make([]string, totalsParts)
	for n := range pks {
		pks[n] = totalsPrefix + strconv.Itoa(n)
	}
	return pks
}

// checkTotals checks a part of the totals: of all time, or of a day. What happened on a day can't be counted again from the
// tables, since the customers have changed after it. So a day is only checked for what can't be: a count below zero,
// a day that has not begun, or a part that stays for ever.
func (c *check) checkTotals(ctx context.Context, r row) error {
	if !slices.Contains(totalsPKs(), r.PK) {
		c.addUnknown(r.key(), "the totals have no such part")
		return nil
	}
	if r.SK == rootSK {
		return nil
	}
	day := customer.Day(r.SK)
	if day.Begin().IsZero() {
		c.addUnknown(r.key(), "it is not the totals of a day")
		return nil
	}
	if day > customer.DayOf(c.Now().Add(time.Hour)) { // clocks differ
		c.addFinding(Finding{Rule: TotalsWrong, Key: r.key().shown(), Problem: "counts what happens on a day that has not begun"})
	}
	c.checkCounted(r)
	return c.checkDayExpires(ctx, r, day)
}

// checkCounted checks that nothing was counted less than never.
func (c *check) checkCounted(r row) {
	var counts struct {
		Added    int64 `dynamodbav:"added"`
		Deleted  int64 `dynamodbav:"deleted"`
		Restored int64 `dynamodbav:"restored"`
		Purged   int64 `dynamodbav:"purged"`
	}
	if err := attributevalue.UnmarshalMap(r.raw, &counts); err != nil {
		c.addUnknown(r.key(), "it can't be read: "+withoutValue(err))
		return
	}
	of := map[string]int64{"added": counts.Added, "deleted": counts.Deleted, "restored": counts.Restored, "purged": counts.Purged}
	for _, what := range slices.Sorted(maps.Keys(of)) {
		if of[what] < 0 {
			c.addFinding(Finding{Rule: TotalsWrong, Key: r.key().shown(), Problem: fmt.Sprintf("counts %d customers that were %s", of[what], what)})
			return
		}
	}
}

// checkDayExpires checks that the totals of a day don't stay for ever.
func (c *check) checkDayExpires(ctx context.Context, r row, day customer.Day) error {
	if r.TTL != 0 {
		return nil
	}
	f := Finding{Rule: TotalsWrong, Key: r.key().shown(), Problem: "the totals of a day never expire", Repairable: true}
	return c.repairOne(ctx, f, repair.SetTTL{Item: r.raw, At: day.Plus(customer.KeptDays + 1).Begin()})
}

// repairTotals repairs the part of the totals that a finding is about, if it is still wrong.
func (c *check) repairTotals(ctx context.Context, f Finding) error {
	pk, sk, one := strings.Cut(f.Key, " ")
	if !one { // about the sum
		c.addFinding(f)
		return nil
	}
	it, err := c.client.get(ctx, c.Table, key{pk, sk})
	if err != nil || it == nil {
		return err
	}
	if part, ok := readable(it); ok {
		return c.checkTotals(ctx, part)
	}
	return nil
}
