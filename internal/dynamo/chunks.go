package dynamo

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/bulk"
)

// frozen is the item of a chunk's subjects, which is never changed.
type frozen struct {
	PK       string `dynamodbav:"pk"`
	SK       string `dynamodbav:"sk"`
	TTL      int64  `dynamodbav:"ttl,omitempty"`
	Subjects string `dynamodbav:"subjects"` // JSON, shorter than a list of maps
}

// subject is one of them.
type subject struct {
	ID      string `json:"id"`
	Bind    string `json:"bind,omitempty"`
	Refused string `json:"refused,omitempty"`
}

// progress is the item of what became of them so far, or in the end.
type progress struct {
	PK       string `dynamodbav:"pk"`
	SK       string `dynamodbav:"sk"`
	TTL      int64  `dynamodbav:"ttl,omitempty"`
	Outcomes string `dynamodbav:"outcomes"` // see writeOutcomes
	Attempts int    `dynamodbav:"attempts"`
	Faults   int    `dynamodbav:"faults"`
	Lease    int64  `dynamodbav:"lease"` // milliseconds; 0: nobody has it
	Holder   string `dynamodbav:"holder,omitempty"`
	Usage    usage  `dynamodbav:"usage"`
}

var attrHolder = expression.Name("holder")

func (o Operations) addChunk(tx *transaction, op bulk.Operation, c bulk.Chunk) error {
	subjects, err := encodeSubjects(c.Subjects)
	if err != nil {
		return err
	}
	if err := tx.put(frozen{operationPK(op.ID), chunkSK(frozenSK, c.Seq), o.ttl(op), subjects}, nil); err != nil {
		return err
	}
	return tx.put(o.newProgress(op, pendingSK, c), nil)
}

func (o Operations) newProgress(op bulk.Operation, part string, c bulk.Chunk) progress {
	p := progress{
		PK: operationPK(op.ID), SK: chunkSK(part, c.Seq), TTL: o.ttl(op),
		Outcomes: writeOutcomes(c.Outcomes), Attempts: c.Attempts, Faults: c.Faults, Usage: usage(c.Usage),
	}
	if !c.Lease.IsZero() {
		p.Lease = c.Lease.UnixMilli()
	}
	return p
}

// chunk is the progress as a chunk without its subjects.
func (p progress) chunk() (bulk.Chunk, error) {
	seq, err := strconv.Atoi(p.SK[len(pendingSK):])
	if err != nil {
		return bulk.Chunk{}, fmt.Errorf("dynamo: chunk %q: %w", p.SK, err)
	}
	outcomes, err := readOutcomes(p.Outcomes)
	if err != nil {
		return bulk.Chunk{}, err
	}
	c := bulk.Chunk{Seq: seq, Outcomes: outcomes, Attempts: p.Attempts, Faults: p.Faults, Holder: p.Holder, Usage: bulk.Usage(p.Usage)}
	if p.Lease != 0 {
		c.Lease = time.UnixMilli(p.Lease).UTC()
	}
	return c, nil
}

// writeOutcomes writes runs of equal outcomes, since most have the same: "done*248
// skipped:ON_HOLD done". An undecided one is "-".
func writeOutcomes(outcomes []bulk.Outcome) string {
	var runs []string
	for i := 0; i < len(outcomes); {
		n := i + 1
		for n < len(outcomes) && outcomes[n] == outcomes[i] {
			n++
		}
		run := string(outcomes[i].Result)
		if run == "" {
			run = "-"
		}
		if code := outcomes[i].Code; code != "" {
			run += ":" + code
		}
		if n-i > 1 {
			run += "*" + strconv.Itoa(n-i)
		}
		runs, i = append(runs, run), n
	}
	return strings.Join(runs, " ")
}

func readOutcomes(text string) ([]bulk.Outcome, error) {
	var outcomes []bulk.Outcome
	for run := range strings.FieldsSeq(text) {
		what, times, many := strings.Cut(run, "*")
		n := 1
		if many {
			var err error
			if n, err = strconv.Atoi(times); err != nil || n < 1 || n > bulk.MaxSubjects {
				return nil, fmt.Errorf("dynamo: outcomes %q", run)
			}
		}
		result, code, _ := strings.Cut(what, ":")
		if result == "-" {
			result = ""
		}
		for range n {
			outcomes = append(outcomes, bulk.Outcome{Result: bulk.Result(result), Code: code})
		}
	}
	return outcomes, nil
}

// Take leases a chunk. The holder is made for this call, so that only its own request,
// sent again, is taken for it: the workers of one invocation have the same deadline.
func (o Operations) Take(ctx context.Context, op bulk.Operation, seq int, now, until time.Time) (bulk.Chunk, error) {
	lease, holder := expression.Name("lease"), rand.Text()
	expr, err := expression.NewBuilder().
		WithUpdate(expression.Set(lease, expression.Value(until.UnixMilli())).
			Set(attrHolder, expression.Value(holder)).
			Set(expression.Name("attempts"), expression.Name("attempts").Plus(expression.Value(1)))).
		WithCondition(exists().And(lease.LessThanEqual(expression.Value(now.UnixMilli())))).
		Build()
	if err != nil {
		return bulk.Chunk{}, fmt.Errorf("dynamo: take chunk: %w", err)
	}
	out, err := o.table.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &o.table.Name, Key: keyOf(operationPK(op.ID), chunkSK(pendingSK, seq)),
		UpdateExpression: expr.Update(), ConditionExpression: expr.Condition(),
		ExpressionAttributeNames: expr.Names(), ExpressionAttributeValues: expr.Values(),
		ReturnValues:                        types.ReturnValueAllOld,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if old, failed := failedCondition(err); failed {
		return o.taken(ctx, op, old, holder)
	}
	if err != nil {
		return bulk.Chunk{}, fmt.Errorf("dynamo: take chunk: %w", err)
	}
	c, err := o.whole(ctx, op, out.Attributes)
	c.Abandoned = c.Holder != ""
	c.Attempts, c.Lease, c.Holder = c.Attempts+1, time.UnixMilli(until.UnixMilli()).UTC(), holder
	return c, err
}

// taken is a chunk that has a lease: ours, if the answer to our first request was lost.
func (o Operations) taken(ctx context.Context, op bulk.Operation, old item, holder string) (bulk.Chunk, error) {
	var p progress
	if err := attributevalue.UnmarshalMap(old, &p); err != nil || p.Holder != holder {
		return bulk.Chunk{}, errors.Join(bulk.ErrTaken, err)
	}
	c, err := o.whole(ctx, op, old)
	c.Abandoned = c.Attempts > 1 // perhaps
	return c, err
}

// whole is a chunk with its subjects.
func (o Operations) whole(ctx context.Context, op bulk.Operation, state item) (bulk.Chunk, error) {
	var p progress
	if err := attributevalue.UnmarshalMap(state, &p); err != nil {
		return bulk.Chunk{}, fmt.Errorf("dynamo: decode chunk: %w", err)
	}
	c, err := p.chunk()
	if err != nil {
		return c, err
	}
	it, err := o.table.get(ctx, operationPK(op.ID), chunkSK(frozenSK, c.Seq))
	if err != nil {
		return c, fmt.Errorf("dynamo: read subjects: %w", err)
	}
	c.Subjects, err = decodeSubjects(it)
	return c, err
}

func encodeSubjects(subjects []bulk.Subject) (string, error) {
	stored := make([]subject, len(subjects))
	for i, s := range subjects {
		stored[i] = subject{s.ID, s.Bind, s.Refused}
	}
	text, err := json.Marshal(stored)
	if err != nil {
		return "", fmt.Errorf("dynamo: encode subjects: %w", err)
	}
	return string(text), nil
}

func decodeSubjects(it item) ([]bulk.Subject, error) {
	var stored []subject
	if err := json.Unmarshal([]byte(stringOf(it, "subjects")), &stored); err != nil {
		return nil, fmt.Errorf("dynamo: decode subjects: %w", err)
	}
	subjects := make([]bulk.Subject, len(stored))
	for i, s := range stored {
		subjects[i] = bulk.Subject{ID: s.ID, Bind: s.Bind, Refused: s.Refused}
	}
	return subjects, nil
}

// Keep writes what has been done of a chunk, and frees it.
func (o Operations) Keep(ctx context.Context, op bulk.Operation, c bulk.Chunk) error {
	mine := c.Holder
	c.Lease = time.Time{}
	p := o.newProgress(op, pendingSK, c)
	expr, err := expression.NewBuilder().
		WithUpdate(expression.Set(expression.Name("lease"), expression.Value(p.Lease)).
			Set(expression.Name("attempts"), expression.Value(p.Attempts)).
			Set(expression.Name("faults"), expression.Value(p.Faults)).
			Set(expression.Name("outcomes"), expression.Value(p.Outcomes)).
			Set(expression.Name("usage"), expression.Value(p.Usage)).
			Remove(attrHolder)).
		WithCondition(attrHolder.Equal(expression.Value(mine))).
		Build()
	if err != nil {
		return fmt.Errorf("dynamo: keep chunk: %w", err)
	}
	_, err = o.table.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &o.table.Name, Key: keyOf(p.PK, p.SK),
		UpdateExpression: expr.Update(), ConditionExpression: expr.Condition(),
		ExpressionAttributeNames: expr.Names(), ExpressionAttributeValues: expr.Values(),
	})
	if _, failed := failedCondition(err); failed {
		return bulk.ErrTaken
	}
	return err
}

// Finish makes a chunk an ended one, with its outcomes.
func (o Operations) Finish(ctx context.Context, op bulk.Operation, c bulk.Chunk) error {
	mine := c.Holder
	c.Lease = time.Time{}
	tx := o.table.newTransaction()
	tx.add(types.TransactWriteItem{Delete: &types.Delete{
		TableName: &o.table.Name, Key: keyOf(operationPK(op.ID), chunkSK(pendingSK, c.Seq)),
		ConditionExpression:       aws.String("holder = :mine"),
		ExpressionAttributeValues: item{":mine": &types.AttributeValueMemberS{Value: mine}},
	}}, func(item) error { return bulk.ErrTaken })
	if err := tx.put(o.newProgress(op, endedSK, c), nil); err != nil {
		return err
	}
	return tx.commit(ctx)
}

// Reopen makes an ended chunk one to be done. The operation must be as it was read: what
// another retry has had done since is not to be forgotten.
func (o Operations) Reopen(ctx context.Context, op bulk.Operation, c bulk.Chunk) error {
	tx := o.table.newTransaction()
	tx.add(types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
		TableName: &o.table.Name, Key: keyOf(operationPK(op.ID), rootSK),
		ConditionExpression:       aws.String("version = :read"),
		ExpressionAttributeValues: item{":read": number(op.Version)},
	}}, func(item) error { return bulk.ErrVersion })
	tx.add(types.TransactWriteItem{Delete: &types.Delete{
		TableName: &o.table.Name, Key: keyOf(operationPK(op.ID), chunkSK(endedSK, c.Seq)),
		ConditionExpression: aws.String("attribute_exists(pk)"),
	}}, func(item) error { return bulk.ErrUnchanged })
	if err := tx.put(o.newProgress(op, pendingSK, c), nil); err != nil {
		return err
	}
	err := tx.commit(ctx)
	if errors.Is(err, bulk.ErrUnchanged) {
		return nil
	}
	return err
}

// Chunk reads one. It has ended, or is to be done; which of the two is tried until it is
// found in one of the places, as it may move between the readings.
func (o Operations) Chunk(ctx context.Context, op bulk.Operation, seq int) (bulk.Chunk, error) {
	for range 3 {
		for _, part := range []string{pendingSK, endedSK} {
			it, err := o.table.get(ctx, operationPK(op.ID), chunkSK(part, seq))
			if err != nil {
				return bulk.Chunk{}, fmt.Errorf("dynamo: read chunk: %w", err)
			}
			if it != nil {
				return o.whole(ctx, op, it)
			}
		}
	}
	return bulk.Chunk{}, bulk.ErrNotFound
}

// Unfinished goes through the chunks to be done.
func (o Operations) Unfinished(ctx context.Context, id string) iter.Seq2[bulk.Chunk, error] {
	return o.progress(ctx, id, pendingSK, afterChunks)
}

// progress goes through what became of the chunks between two sort keys.
func (o Operations) progress(ctx context.Context, id, from, to string) iter.Seq2[bulk.Chunk, error] {
	return func(yield func(bulk.Chunk, error) bool) {
		for it, err := range o.parts(ctx, id, from, to) {
			var p progress
			var c bulk.Chunk
			if err == nil {
				err = attributevalue.UnmarshalMap(it, &p)
			}
			if err == nil {
				c, err = p.chunk()
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}

// parts goes through the items of an operation between two sort keys.
func (o Operations) parts(ctx context.Context, id, from, to string) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		pages := dynamodb.NewQueryPaginator(o.table.client, &dynamodb.QueryInput{
			TableName: &o.table.Name, ConsistentRead: aws.Bool(true),
			KeyConditionExpression: aws.String("pk = :pk AND sk BETWEEN :from AND :to"),
			ExpressionAttributeValues: item{
				":pk":   &types.AttributeValueMemberS{Value: operationPK(id)},
				":from": &types.AttributeValueMemberS{Value: from}, ":to": &types.AttributeValueMemberS{Value: to},
			},
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(nil, fmt.Errorf("dynamo: read chunks: %w", err))
				return
			}
			for _, it := range page.Items {
				if !yield(it, nil) {
					return
				}
			}
		}
	}
}

// Chunks goes through all chunks from one on. A chunk that ends between the two readings
// is seen as it was before.
func (o Operations) Chunks(ctx context.Context, id string, from int) iter.Seq2[bulk.Chunk, error] {
	return func(yield func(bulk.Chunk, error) bool) {
		states := map[int]bulk.Chunk{}
		for c, err := range o.progress(ctx, id, endedSK, afterChunks) {
			if err != nil {
				yield(c, err)
				return
			}
			states[c.Seq] = c
		}
		for it, err := range o.parts(ctx, id, chunkSK(frozenSK, from), endedSK) {
			var c bulk.Chunk
			if err == nil {
				c, err = joinChunk(states, it)
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}

func joinChunk(states map[int]bulk.Chunk, it item) (bulk.Chunk, error) {
	seq, err := strconv.Atoi(strings.TrimPrefix(stringOf(it, "sk"), frozenSK))
	if err != nil {
		return bulk.Chunk{}, fmt.Errorf("dynamo: decode subjects: %w", err)
	}
	subjects, err := decodeSubjects(it)
	if err != nil {
		return bulk.Chunk{}, err
	}
	c := states[seq]
	c.Seq, c.Subjects = seq, subjects
	if len(c.Outcomes) != len(subjects) {
		c.Outcomes = make([]bulk.Outcome, len(subjects))
	}
	return c, nil
}

// Tally adds up the outcomes of all chunks, consistently: an operation ends by it.
func (o Operations) Tally(ctx context.Context, op bulk.Operation) (bulk.Tally, error) {
	var sum bulk.Tally
	for c, err := range o.progress(ctx, op.ID, endedSK, afterChunks) {
		if err != nil {
			return sum, err
		}
		sum = sum.Plus(c.Tally())
	}
	return sum, nil
}
