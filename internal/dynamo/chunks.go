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

// frozen is the item of a chunk's subjects. It never changes.
type frozen struct {
	PK       string `dynamodbav:"pk"`
	SK       string `dynamodbav:"sk"`
	TTL      int64  `dynamodbav:"ttl,omitempty"`
	Subjects string `dynamodbav:"subjects"` // JSON, shorter than a list of maps
}

// subject is a subject in the JSON of a frozen item.
type subject struct {
	ID      string `json:"id"`
	Bind    string `json:"bind,omitempty"`
	Refused string `json:"refused,omitempty"`
}

// progress is the item of a chunk's outcomes, while it is pending and once it has ended.
type progress struct {
	PK       string `dynamodbav:"pk"`
	SK       string `dynamodbav:"sk"`
	TTL      int64  `dynamodbav:"ttl,omitempty"`
	Outcomes string `dynamodbav:"outcomes"` // see writeOutcomes
	Attempts int    `dynamodbav:"attempts"`
	Faults   int    `dynamodbav:"faults"`
	Lease    int64  `dynamodbav:"lease"` // epoch milliseconds; 0 if no worker has the chunk
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

// chunk returns the chunk of the progress, without its subjects.
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

// writeOutcomes encodes outcomes as runs, since most are the same: "done*248
// skipped:ON_HOLD done". An undecided outcome is "-".
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
		outcome, times, many := strings.Cut(run, "*")
		n := 1
		if many {
			var err error
			if n, err = strconv.Atoi(times); err != nil || n < 1 || n > bulk.MaxSubjects {
				return nil, fmt.Errorf("dynamo: outcomes: %q must have a number from 1 to %d after the *", run, bulk.MaxSubjects)
			}
		}
		result, code, _ := strings.Cut(outcome, ":")
		if result == "-" {
			result = ""
		}
		for range n {
			outcomes = append(outcomes, bulk.Outcome{Result: bulk.Result(result), Code: code})
		}
	}
	return outcomes, nil
}

// Take leases a chunk until a time; [bulk.ErrTaken] if another worker has it. Each call has a new holder, so that only
// its own request, sent again, succeeds on the same lease: the workers of one invocation have the same deadline.
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

// taken explains a refused lease. If the holder is this call's, its first request succeeded and the answer was lost: then
// it returns the chunk.
func (o Operations) taken(ctx context.Context, op bulk.Operation, old item, holder string) (bulk.Chunk, error) {
	var p progress
	if err := attributevalue.UnmarshalMap(old, &p); err != nil || p.Holder != holder {
		return bulk.Chunk{}, errors.Join(bulk.ErrTaken, err)
	}
	c, err := o.whole(ctx, op, old)
	c.Abandoned = c.Attempts > 1 // it may be: the item no longer names the previous holder
	return c, err
}

// whole returns the chunk of a progress item, with its subjects.
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

// Keep saves the progress of a chunk and ends its lease; [bulk.ErrTaken] if another worker has it.
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

// Finish ends a chunk with its outcomes; [bulk.ErrTaken] if another worker has it.
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

// Reopen makes an ended chunk pending again. It is [bulk.ErrVersion] if the operation has changed since it was read:
// another retry may have new outcomes, which would be lost.
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

// Chunk reads a chunk; [bulk.ErrNotFound] if it does not exist. A chunk is pending or ended, and may move between the two
// reads: so they are repeated.
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

// Unfinished iterates over the pending chunks, without their subjects.
func (o Operations) Unfinished(ctx context.Context, id string) iter.Seq2[bulk.Chunk, error] {
	return o.progress(ctx, id, pendingSK, afterChunks)
}

// progress iterates over the chunks with progress between two sort keys, without their subjects.
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

// parts iterates over the items of an operation between two sort keys, by consistent reads.
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

// Chunks iterates over the chunks from a number on. A chunk that changes between the two reads
// has its state at the first one.
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

// Tally sums the outcomes of all chunks, by consistent reads: it decides whether an operation has ended.
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
