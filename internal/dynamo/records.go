package dynamo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/customer"
)

// record is a record's item. Children counts the records directly below it. The transaction that adds or
// removes a child changes it, so that a record can't be removed while a child is added.
type record struct {
	PK       string `dynamodbav:"pk"`
	SK       string `dynamodbav:"sk"`
	Kind     string `dynamodbav:"kind"`
	Data     string `dynamodbav:"data,omitempty"` // JSON, as it came
	Created  string `dynamodbav:"created"`
	By       string `dynamodbav:"by,omitempty"`
	Change   string `dynamodbav:"change,omitempty"`
	Children int64  `dynamodbav:"children,omitempty"`
	TTL      int64  `dynamodbav:"ttl,omitempty"` // of a retained record only
}

func newRecord(pk string, r customer.Record) record {
	return record{
		PK: pk, SK: recordKey(r.Key), Kind: r.Key.Kind(),
		Data: string(r.Data), Created: formatTime(r.Created), By: r.By,
	}
}

func decodeRecord(it item) (customer.Record, error) {
	var r record
	if err := attributevalue.UnmarshalMap(it, &r); err != nil {
		return customer.Record{}, fmt.Errorf("dynamo: decode record: %w", err)
	}
	key, err := parseRecordKey(r.SK)
	if err != nil {
		return customer.Record{}, err
	}
	created, err := parseTime(r.Created)
	if err != nil {
		return customer.Record{}, fmt.Errorf("dynamo: decode record: %w", err)
	}
	return customer.Record{Key: key, Data: json.RawMessage(r.Data), Created: created, By: r.By}, nil
}

// errReplan means that a transaction failed on some of its records. The results of these say why; the
// transaction may succeed without them.
var errReplan = errors.New("dynamo: the conditions of some records failed")

// AddRecords adds up to [customer.MaxBatch] records, and their counts, in one transaction. It returns a result for each record.
func (t *Table) AddRecords(ctx context.Context, id string, records []customer.Record, ch customer.Change) ([]error, error) {
	if len(records) > customer.MaxBatch {
		return nil, fmt.Errorf("dynamo: %d records in one call; the limit is %d", len(records), customer.MaxBatch)
	}
	a := addition{table: t, id: id, records: records, change: ch, results: make([]error, len(records))}
	a.leaveOutRepeats()
	err := errReplan
	for errors.Is(err, errReplan) {
		err = a.try(ctx)
	}
	return a.results, err
}

// addition is one call of AddRecords.
type addition struct {
	table   *Table
	id      string
	records []customer.Record
	change  customer.Change
	results []error
}

// leaveOutRepeats keeps the first of several records with the same key: a transaction
// can write an item once only.
func (a *addition) leaveOutRepeats() {
	seen := map[string]bool{}
	for i, r := range a.records {
		if sk := recordKey(r.Key); seen[sk] {
			a.results[i] = customer.ErrExists
		} else {
			seen[sk] = true
		}
	}
}

// plan returns the indices of the records that are still to be added, their numbers by kind, and
// the number of new children of each parent.
func (a *addition) plan() (todo []int, kinds, children map[string]int64) {
	kinds, children = map[string]int64{}, map[string]int64{}
	for i, r := range a.records {
		if a.results[i] != nil {
			continue
		}
		todo = append(todo, i)
		kinds[r.Key.Kind()]++
		if parent := r.Key.Parent(); len(parent) > 0 {
			children[recordKey(parent)]++
		}
	}
	return todo, kinds, children
}

func (a *addition) try(ctx context.Context) error {
	todo, kinds, children := a.plan()
	if len(todo) == 0 {
		return nil
	}
	tx := a.table.newTransaction()
	if err := tx.addOnce(a.change, a.id, customer.Trace{At: a.change.At}); err != nil {
		return err
	}
	if err := tx.count(a.id, kinds, a.change, a.change.ID, nil); err != nil {
		return err
	}
	for _, i := range todo {
		r := newRecord(customerPK(a.id), a.records[i])
		r.Change, r.Children = a.change.ID, children[r.SK]
		delete(children, r.SK)
		if err := tx.put(r, a.refusedRecord(i)); err != nil {
			return err
		}
	}
	for parent, n := range children {
		tx.addChildren(customerPK(a.id), parent, n, a.refusedParent(parent, todo))
	}
	return tx.commit(ctx)
}

func (a *addition) refusedRecord(i int) func(item) error {
	return func(old item) error {
		if stringOf(old, "change") == a.change.ID {
			return nil
		}
		a.results[i] = customer.ErrExists
		return errReplan
	}
}

func (a *addition) refusedParent(parent string, todo []int) func(item) error {
	return func(item) error {
		for _, i := range todo {
			if p := a.records[i].Key.Parent(); len(p) > 0 && recordKey(p) == parent {
				a.results[i] = customer.ErrNoParent
			}
		}
		return errReplan
	}
}

// count adds numbers to the record counts of an active customer. part is the id by which the root remembers this
// part of the change. If the root remembers it already, the transaction is refused with made.
func (tx *transaction) count(id string, kinds map[string]int64, ch customer.Change, part string, made error) error {
	u := withMark(expression.UpdateBuilder{}, ch, part)
	for kind, n := range kinds {
		count := expression.Name("counts").AppendName(expression.NameNoDotSplit(kind))
		u = u.Set(count, expression.Plus(count.IfNotExists(expression.Value(0)), expression.Value(n)))
	}
	expr, err := expression.NewBuilder().WithUpdate(u).WithCondition(stateIs(customer.Active).And(notRemembered(part))).Build()
	if err != nil {
		return fmt.Errorf("dynamo: count records: %w", err)
	}
	tx.add(types.TransactWriteItem{Update: &types.Update{
		TableName: &tx.table.Name, Key: keyOf(customerPK(id), rootSK),
		UpdateExpression: expr.Update(), ConditionExpression: expr.Condition(),
		ExpressionAttributeNames: expr.Names(), ExpressionAttributeValues: expr.Values(),
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}, func(now item) error { return refusedCount(now, part, made) })
	return nil
}

func refusedCount(now item, part string, made error) error {
	if len(now) == 0 {
		return customer.ErrNotFound
	}
	c, err := DecodeCustomer(now)
	if err != nil {
		return err
	}
	if c.Recent.Has(part) {
		return made
	}
	return c.CanChange()
}

// addChildren adds n to a record's count of children, on condition that the record exists.
func (tx *transaction) addChildren(pk, sk string, n int64, refused func(item) error) {
	tx.add(types.TransactWriteItem{Update: &types.Update{
		TableName: &tx.table.Name, Key: keyOf(pk, sk),
		UpdateExpression:          aws.String("ADD children :n"),
		ConditionExpression:       aws.String("attribute_exists(pk)"),
		ExpressionAttributeValues: item{":n": number(n)},
	}}, refused)
}

// RemoveRecord removes a record and all records below it, the deepest first, so that no record is without its
// parent if it stops early. One transaction removes up to 45 records and changes their counts. If there are
// more, there are more transactions, and a repeated call continues with the rest. The record itself goes last: a
// later record with its key is another one. The error is [customer.ErrBusy] if others add children during every attempt.
func (t *Table) RemoveRecord(ctx context.Context, id string, key customer.Key, ch customer.Change) error {
	transactions, conflicts := 0, 0
	for {
		records, err := t.lowest(ctx, id, key)
		switch {
		case err != nil:
			return err
		case len(records) == 0 && transactions > 0:
			return nil
		case len(records) == 0:
			return t.noRecord(ctx, id, ch)
		}
		err = t.remove(ctx, id, records, ch, part(ch, transactions))
		last := records[len(records)-1].SK == recordKey(key)
		switch {
		case errors.Is(err, errReplan):
			if conflicts++; conflicts == maxConflicts {
				return errBusy("remove records", conflicts, errContended)
			}
			err = afterFaster.Wait(ctx, conflicts)
		case err == nil && last:
			return nil
		default:
			transactions++
		}
		if err != nil {
			return err
		}
	}
}

// part returns the id by which the root remembers the nth transaction of a change.
func part(ch customer.Change, n int) string {
	if n == 0 {
		return ch.ID
	}
	return fmt.Sprint(ch.ID, "/", n)
}

// noRecord explains a missing record: the customer may be gone or hidden. It returns nil if
// this change has removed the record.
func (t *Table) noRecord(ctx context.Context, id string, ch customer.Change) error {
	c, err := t.Customer(ctx, id)
	if err != nil || c.Made(ch.ID) {
		return err
	}
	if err := c.CanChange(); err != nil {
		return err
	}
	return customer.ErrNoRecord
}

// remove removes records, sorted from the last to the first, in one transaction.
func (t *Table) remove(ctx context.Context, id string, records []record, ch customer.Change, part string) error {
	tx := t.newTransaction()
	kinds, children := map[string]int64{}, map[string]int64{}
	for _, r := range records {
		kinds[r.Kind]--
		if parent := parentSK(r.SK); parent != "" {
			children[parent]--
		}
	}
	if err := tx.count(id, kinds, ch, part, errDone); err != nil {
		return err
	}
	for _, r := range records {
		tx.deleteRecord(r, -children[r.SK])
		delete(children, r.SK)
	}
	for parent, n := range children {
		tx.addChildren(customerPK(id), parent, n, func(item) error { return errReplan })
	}
	return tx.commit(ctx)
}

// deleteRecord removes a record, on condition that it has this number of children: those that are removed with it.
func (tx *transaction) deleteRecord(r record, children int64) {
	tx.add(types.TransactWriteItem{Delete: &types.Delete{
		TableName: &tx.table.Name, Key: keyOf(r.PK, r.SK),
		ConditionExpression:       aws.String("attribute_exists(pk) AND (children = :n OR (:n = :none AND attribute_not_exists(children)))"),
		ExpressionAttributeValues: item{":n": number(children), ":none": number(0)},
	}}, func(item) error { return errReplan })
}

// parentSK returns the sort key of the parent, empty for a record at the top.
func parentSK(sk string) string {
	parts := strings.Split(sk, "#")
	if len(parts) <= 3 {
		return ""
	}
	return strings.Join(parts[:len(parts)-2], "#")
}
