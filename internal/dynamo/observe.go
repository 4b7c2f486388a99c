package dynamo

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"lethe/internal/customer"
)

const (
	maxCounted = 25 // entries in a transaction. With the totals' parts these are far from DynamoDB's limit
	logWriters = 25 // writes of one wave in flight
)

// Observe adds entries to audit logs and their deltas to the totals. An entry's key is the change's
// position in the stream, and its delta commits in one transaction with it, so that a change that is delivered
// again is logged and counted once.
func (t *Table) Observe(ctx context.Context, entries []customer.Entry) (added int, err error) {
	written := make([]bool, len(entries))
	for _, w := range wavesOf(entries) {
		if err = t.writeWave(ctx, entries, w, written); err != nil {
			break
		}
	}
	if first := slices.Index(written, false); first >= 0 {
		return first, err
	}
	return len(entries), nil
}

// wave has the places of entries that are written at the same time: those with a delta in one transaction, each of the
// others by itself.
type wave struct{ counted, plain []int }

// wavesOf divides entries into waves, which are written one after the other. A customer's entries stay in
// their order: a later one is in a later wave, or in the same transaction. No transaction has an entry twice.
func wavesOf(entries []customer.Entry) (waves []wave) {
	next, same, seen := map[string]int{}, map[string]int{}, map[string]bool{} // same: the wave with the customer's transaction
	for i, e := range entries {
		counted := e.Delta != (customer.Totals{})
		at := next[e.Customer]
		if joined, ok := same[e.Customer]; ok && counted && !seen[e.Seq] {
			at = joined
		}
		for counted && at < len(waves) && len(waves[at].counted) == maxCounted {
			at++
		}
		if at == len(waves) {
			waves = append(waves, wave{})
		}
		waves[at].add(i, counted)
		next[e.Customer], seen[e.Seq] = at+1, true
		if delete(same, e.Customer); counted {
			same[e.Customer] = at
		}
	}
	return waves
}

func (w *wave) add(i int, counted bool) {
	if counted {
		w.counted = append(w.counted, i)
	} else {
		w.plain = append(w.plain, i)
	}
}

// writeWave notes which entries it has written, also after an error.
func (t *Table) writeWave(ctx context.Context, entries []customer.Entry, w wave, written []bool) error {
	var group errgroup.Group // without a context: one failure says nothing about the other writes
	group.SetLimit(logWriters)
	group.Go(func() error { return t.writeCounted(ctx, entries, w.counted, written) })
	for _, i := range w.plain {
		group.Go(func() error {
			err := t.writeEntry(ctx, entries[i])
			written[i] = err == nil
			return err
		})
	}
	return group.Wait()
}

// writeEntry writes an entry that counts nothing. It does nothing if the entry exists.
func (t *Table) writeEntry(ctx context.Context, e customer.Entry) error {
	it, err := attributevalue.MarshalMap(t.newEntry(e))
	if err != nil {
		return fmt.Errorf("dynamo: encode audit entry: %w", err)
	}
	_, err = t.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &t.Name, Item: it, ConditionExpression: aws.String("attribute_not_exists(pk)")})
	if _, exists := failedCondition(err); exists {
		return nil
	}
	return err
}

// writeCounted writes entries together with the sum of their deltas. If some of them exist, an earlier delivery has
// counted these: it leaves them out and sums the others.
func (t *Table) writeCounted(ctx context.Context, entries []customer.Entry, places []int, written []bool) error {
	for conflicts := 0; len(places) > 0; {
		cancelled, err := t.tryCounted(ctx, entries, places)
		if err != nil {
			return err
		}
		if cancelled == nil {
			note(written, places)
			return nil
		}
		exist, left := split(places, cancelled.CancellationReasons)
		note(written, exist)
		places = left
		switch {
		case len(exist) > 0:
		case !mayPass(cancelled):
			return t.writeHalves(ctx, entries, places, written, cancelled)
		default:
			conflicts++
			if err := afterCancelled(ctx, conflicts, cancelled); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeHalves writes entries in smaller transactions, so that one that can't be written keeps back only later ones.
func (t *Table) writeHalves(ctx context.Context, entries []customer.Entry, places []int, written []bool, why error) error {
	half := len(places) / 2
	if half == 0 {
		return why
	}
	if err := t.writeCounted(ctx, entries, places[:half], written); err != nil {
		return err
	}
	return t.writeCounted(ctx, entries, places[half:], written)
}

func afterCancelled(ctx context.Context, conflicts int, why error) error {
	if conflicts == maxConflicts {
		return errBusy("audit entries", conflicts, why)
	}
	return afterDrawn.Wait(ctx, conflicts)
}

func note(written []bool, places []int) {
	for _, i := range places {
		written[i] = true
	}
}

// tryCounted tries once to write entries and their sum. If DynamoDB cancels the transaction, it returns the reasons and
// no error. Each attempt draws another part of the totals.
func (t *Table) tryCounted(ctx context.Context, entries []customer.Entry, places []int) (*types.TransactionCanceledException, error) {
	tx := t.newTransaction()
	var sum sums
	for _, i := range places {
		if err := tx.put(t.newEntry(entries[i]), func(item) error { return customer.ErrExists }); err != nil {
			return nil, err
		}
		sum.add(entries[i])
	}
	tx.addSums(sum)
	_, err := t.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: tx.items})
	if cancelled, is := errors.AsType[*types.TransactionCanceledException](err); is {
		return cancelled, nil
	}
	return nil, err
}

// split divides places by whether their entries exist. The reasons are in the order of the places.
func split(places []int, reasons []types.CancellationReason) (exist, left []int) {
	for n, i := range places {
		if aws.ToString(reasons[n].Code) == "ConditionalCheckFailed" {
			exist = append(exist, i)
		} else {
			left = append(left, i)
		}
	}
	return exist, left
}

// mayPass reports whether the same transaction may succeed later.
func mayPass(cancelled *types.TransactionCanceledException) bool {
	return slices.ContainsFunc(cancelled.CancellationReasons, func(r types.CancellationReason) bool {
		return slices.Contains(passing, aws.ToString(r.Code))
	})
}
