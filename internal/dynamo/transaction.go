package dynamo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/customer"
)

const (
	maxTransaction = 100 // actions; DynamoDB's limit
	maxConflicts   = 12  // attempts before a conflict is ErrBusy
)

// transaction collects writes that commit together, each with a function that explains
// the failure of its condition.
type transaction struct {
	table   *Table
	items   []types.TransactWriteItem
	refused []func(old item) error

	bill  types.ReturnConsumedCapacity // if set, commit counts the units
	units float64
}

func (t *Table) newTransaction() *transaction { return &transaction{table: t} }

// add adds a write. refused gets the item that failed the condition and returns the reason.
// It returns nil if the write is already made, as after a retry.
func (tx *transaction) add(w types.TransactWriteItem, refused func(old item) error) {
	tx.items = append(tx.items, w)
	tx.refused = append(tx.refused, refused)
}

// put adds an item, which must not exist yet unless refused is nil.
func (tx *transaction) put(value any, refused func(old item) error) error {
	it, err := attributevalue.MarshalMap(value)
	if err != nil {
		return fmt.Errorf("dynamo: encode: %w", err)
	}
	put := &types.Put{TableName: &tx.table.Name, Item: it}
	if refused != nil {
		put.ConditionExpression = aws.String("attribute_not_exists(pk)")
		put.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
	}
	tx.add(types.TransactWriteItem{Put: put}, refused)
	return nil
}

// commit writes all or nothing. It retries a conflict with another transaction, and is
// [customer.ErrBusy] after maxConflicts attempts. If several writes are refused, all their refused
// functions are called; the error is the reason of the first one added.
func (tx *transaction) commit(ctx context.Context) error {
	for attempt := 1; ; attempt++ {
		out, err := tx.table.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: tx.items, ReturnConsumedCapacity: tx.bill})
		var cancelled *types.TransactionCanceledException
		if !errors.As(err, &cancelled) {
			tx.addUnits(out)
			return err
		}
		again, reason := tx.explain(cancelled)
		switch {
		case !again:
			return reason
		case attempt == maxConflicts:
			return errBusy(fmt.Sprintf("a transaction (writes: %d)", len(tx.items)), attempt, reason)
		}
		if err := afterConflict.Wait(ctx, attempt); err != nil {
			return err
		}
	}
}

// addUnits adds the units that the transaction consumed, if DynamoDB reports them.
func (tx *transaction) addUnits(out *dynamodb.TransactWriteItemsOutput) {
	if out == nil {
		return
	}
	for _, c := range out.ConsumedCapacity {
		tx.units += units(c)
	}
}

// passing are the reasons of a cancellation after which the same transaction may succeed.
var passing = []string{"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}

// errDone means that an earlier attempt made the same transaction and its answer was lost. The
// failures of the other conditions then follow from its own writes, and count for nothing.
var errDone = errors.New("dynamo: the transaction was made by an earlier attempt")

func (tx *transaction) explain(cancelled *types.TransactionCanceledException) (again bool, reason error) {
	refused := 0
	for i, r := range cancelled.CancellationReasons {
		switch aws.ToString(r.Code) {
		case "ConditionalCheckFailed":
			refused++
			err := tx.refused[i](r.Item)
			if errors.Is(err, errDone) {
				return false, nil
			}
			reason = cmp.Or(reason, err)
		default:
			again = again || slices.Contains(passing, aws.ToString(r.Code))
		}
	}
	switch {
	case reason != nil:
		return false, reason
	case again, refused == 0:
		return again, cancelled
	}
	return false, nil
}

// once is the note that a request with this Idempotency-Key was done.
type once struct {
	PK          string `dynamodbav:"pk"`
	SK          string `dynamodbav:"sk"`
	TTL         int64  `dynamodbav:"ttl"`
	Fingerprint string `dynamodbav:"fingerprint"`
	Subject     string `dynamodbav:"subject"`
	Change      string `dynamodbav:"change"`

	At       string           `dynamodbav:"at,omitempty"` // notes of earlier versions have no trace
	Version  int64            `dynamodbav:"version,omitempty"`
	State    string           `dynamodbav:"state,omitempty"`
	Blocked  bool             `dynamodbav:"blocked,omitempty"`
	Held     bool             `dynamodbav:"held,omitempty"`
	Created  string           `dynamodbav:"created,omitempty"`
	Deletion *deletion        `dynamodbav:"deletion,omitempty"`
	Counts   map[string]int64 `dynamodbav:"counts,omitempty"`
}

const onceFor = 24 * time.Hour // a note expires after it

// withTrace returns the note with the state in which the change leaves the customer.
func (o once) withTrace(t customer.Trace) once {
	o.At, o.Version, o.State, o.Blocked, o.Held, o.Counts = formatTime(t.At), t.Version, string(t.State), t.Blocked, t.Held, t.Counts
	if !t.Created.IsZero() {
		o.Created = formatTime(t.Created)
	}
	if t.Deletion != nil {
		d := newDeletion(*t.Deletion)
		o.Deletion = &d
	}
	return o
}

func (o once) trace() (customer.Trace, error) {
	var p timeParser
	t := customer.Trace{
		At: p.time(o.At), Version: o.Version, State: customer.State(o.State), Blocked: o.Blocked, Held: o.Held,
		Created: p.time(o.Created), Counts: o.Counts,
	}
	if o.Deletion != nil {
		t.Deletion = o.Deletion.customer()
	}
	return t, p.err
}

// addOnce adds the note of a change that has an Idempotency-Key. If the key has a note of another
// change, the transaction is refused with a *customer.ReplayError.
func (tx *transaction) addOnce(ch customer.Change, subject string, trace customer.Trace) error {
	if ch.Once == nil {
		return nil
	}
	return tx.put(newOnce(ch, subject, trace), func(old item) error { return replayed(old, ch) })
}

func newOnce(ch customer.Change, subject string, trace customer.Trace) once {
	note := once{
		PK: oncePK(ch.Once.Key), SK: rootSK, TTL: ch.At.Add(onceFor).Unix(),
		Fingerprint: ch.Once.Fingerprint, Subject: subject, Change: ch.ID,
	}
	return note.withTrace(trace)
}

// replayed returns a *customer.ReplayError if the note is of another change, nil if it is of this one.
func replayed(old item, ch customer.Change) error {
	var done once
	if err := attributevalue.UnmarshalMap(old, &done); err != nil {
		return fmt.Errorf("dynamo: decode: %w", err)
	}
	if done.Change == ch.ID {
		return nil
	}
	trace, err := done.trace()
	if err != nil {
		return err
	}
	return &customer.ReplayError{Subject: done.Subject, Same: done.Fingerprint == ch.Once.Fingerprint, Trace: trace}
}

// Replayed returns a *customer.ReplayError if another change was made with the Idempotency-Key of this one.
func (t *Table) Replayed(ctx context.Context, ch customer.Change) error {
	if ch.Once == nil {
		return nil
	}
	it, err := t.get(ctx, oncePK(ch.Once.Key), rootSK)
	if err != nil || it == nil {
		return err
	}
	return replayed(it, ch)
}
