package mapping

import (
	"context"
	"encoding/json"
	"errors"
	"hash/fnv"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

const (
	// emptyPause is the pause after a shard had no new records. Lambda reads each shard four times a second.
	emptyPause = 250 * time.Millisecond
	// discovery is the interval between two searches for new shards.
	discovery = 5 * time.Second
	// mostRecords is the maximum of records that one request returns.
	mostRecords = 1000
)

// Stream calls a function with the records of a table's stream.
type Stream struct {
	Client *dynamodbstreams.Client
	ARN    string
	// PartitionKey is the table's hash key. Records of one partition stay in order.
	PartitionKey string
	Invoke       Invoke
	Checkpoints  *Checkpoints
	// FromStart begins a shard without a checkpoint at its oldest record, else at new records.
	FromStart       bool
	BatchSize       int
	Window          time.Duration // how long records are gathered for a batch that isn't full
	PartialFailure  bool
	Bisect          bool
	Parallelization int // concurrent batches per shard
	MaxRetries      int // -1 for no limit
	MaxAge          time.Duration
	Filters         []Pattern
	// OnFailure gets a report, in Lambda's format, of each batch that is given up. Nil discards it.
	OnFailure func(ctx context.Context, message []byte) error
	Log       *slog.Logger
}

// Run calls the function until ctx ends, and then waits for the running batches. A shard is read only after its
// parent, so that the changes of an item stay in order. A batch that cannot be delivered blocks its shard.
func (s *Stream) Run(ctx context.Context) {
	state := &shards{started: map[string]bool{}, finished: map[string]bool{}}
	var readers sync.WaitGroup
	defer readers.Wait()
	for first := true; ctx.Err() == nil; sleep(ctx, discovery) {
		known, err := s.shards(ctx)
		if err != nil {
			if ctx.Err() == nil {
				s.Log.ErrorContext(ctx, "cannot list the stream's shards", "stream", s.ARN, "error", err)
			}
			continue
		}
		for _, id := range state.ready(known) {
			reader := &reader{Stream: s, shard: id, latest: first && !s.FromStart}
			readers.Go(func() {
				if reader.run(ctx) {
					state.finish(id)
				}
			})
		}
		first = false
	}
}

func (s *Stream) shards(ctx context.Context) ([]types.Shard, error) {
	var all []types.Shard
	var after *string
	for {
		output, err := s.Client.DescribeStream(ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: &s.ARN, ExclusiveStartShardId: after})
		if err != nil {
			return nil, err
		}
		all = append(all, output.StreamDescription.Shards...)
		if after = output.StreamDescription.LastEvaluatedShardId; after == nil {
			return all, nil
		}
	}
}

// shards has the shards that are being read and those that are read to their end.
type shards struct {
	mu                sync.Mutex
	started, finished map[string]bool
}

// ready returns the shards that may be read now, and marks them as started: a shard's parent must be read to
// its end or no longer exist.
func (s *shards) ready(known []types.Shard) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	exists := map[string]bool{}
	for _, shard := range known {
		exists[aws.ToString(shard.ShardId)] = true
	}
	var ids []string
	for _, shard := range known {
		id, parent := aws.ToString(shard.ShardId), aws.ToString(shard.ParentShardId)
		if !s.started[id] && (!exists[parent] || s.finished[parent]) {
			s.started[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

func (s *shards) finish(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finished[id] = true
}

// reader reads one shard.
type reader struct {
	*Stream
	shard  string
	latest bool // without a checkpoint, begin with new records
}

// run reads the shard until its end, which returns true, or until ctx ends.
func (r *reader) run(ctx context.Context) (finished bool) {
	var iterator *string
	for failures := 0; ctx.Err() == nil; {
		next, err := r.step(ctx, iterator)
		switch {
		case err == nil && next == nil:
			return true
		case err == nil:
			iterator, failures = next, 0
		case ctx.Err() == nil:
			r.Log.ErrorContext(ctx, "cannot read the stream", "stream", r.ARN, "shard", r.shard, "error", err)
			sleep(ctx, delay(failures))
			iterator = nil // it may have expired: start from the checkpoint again
			failures++
		}
	}
	return false
}

// step delivers what comes next in the shard and returns the iterator after it, nil at the shard's end.
func (r *reader) step(ctx context.Context, iterator *string) (*string, error) {
	if iterator == nil {
		var err error
		if iterator, err = r.position(ctx); err != nil {
			return nil, err
		}
	}
	records, next, err := r.gather(ctx, iterator)
	if err != nil {
		return nil, err
	}
	if len(records) == 0 {
		if next != nil {
			sleep(ctx, emptyPause)
		}
		return next, nil
	}
	if err := r.deliverAll(ctx, records); err != nil {
		return nil, err
	}
	last := records[len(records)-1]
	return next, r.Checkpoints.set(r.ARN, r.shard, aws.ToString(last.Dynamodb.SequenceNumber))
}

// gather reads what comes next in the shard. Once it has a record it reads on, until it has a batch for each lane, or the window
// is over.
func (r *reader) gather(ctx context.Context, iterator *string) (records []types.Record, next *string, err error) {
	most := min(mostRecords, r.BatchSize*r.Parallelization)
	var until time.Time
	for next = iterator; ; sleep(ctx, min(emptyPause, time.Until(until))) {
		output, err := r.Client.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: next, Limit: aws.Int32(int32(most - len(records)))})
		if err != nil {
			return nil, nil, err
		}
		if len(records) == 0 {
			until = time.Now().Add(r.Window)
		}
		records, next = append(records, output.Records...), output.NextShardIterator
		if len(records) == 0 || len(records) == most || next == nil || !time.Now().Before(until) {
			return records, next, nil
		}
	}
}

// position returns the iterator after the checkpoint. If the stream no longer has the next records, that is logged.
func (r *reader) position(ctx context.Context) (*string, error) {
	input := &dynamodbstreams.GetShardIteratorInput{StreamArn: &r.ARN, ShardId: &r.shard, ShardIteratorType: types.ShardIteratorTypeTrimHorizon}
	if r.latest {
		input.ShardIteratorType = types.ShardIteratorTypeLatest
	}
	if checkpoint := r.Checkpoints.get(r.ARN, r.shard); checkpoint != "" {
		input.ShardIteratorType, input.SequenceNumber = types.ShardIteratorTypeAfterSequenceNumber, &checkpoint
	}
	output, err := r.Client.GetShardIterator(ctx, input)
	if trimmed := (*types.TrimmedDataAccessException)(nil); errors.As(err, &trimmed) {
		r.Log.WarnContext(ctx, "the stream no longer keeps what follows the checkpoint", "stream", r.ARN, "shard", r.shard)
		input.ShardIteratorType, input.SequenceNumber = types.ShardIteratorTypeTrimHorizon, nil
		output, err = r.Client.GetShardIterator(ctx, input)
	}
	if err != nil {
		return nil, err
	}
	return output.ShardIterator, nil
}

// deliverAll filters the records, and delivers those of different partitions concurrently, in lanes.
// It returns when all lanes are done. So a lane that is blocked blocks the others, unlike on AWS.
func (r *reader) deliverAll(ctx context.Context, records []types.Record) error {
	lanes, err := r.lanes(records)
	if err != nil {
		return err
	}
	errs := make([]error, len(lanes))
	var underWay sync.WaitGroup
	for i, lane := range lanes {
		underWay.Go(func() {
			for len(lane) > 0 && errs[i] == nil {
				batch := lane[:min(len(lane), r.BatchSize)]
				errs[i] = r.deliver(ctx, batch)
				lane = lane[len(batch):]
			}
		})
	}
	underWay.Wait()
	return errors.Join(errs...)
}

func (r *reader) lanes(records []types.Record) ([][]events.DynamoDBEventRecord, error) {
	lanes := make([][]events.DynamoDBEventRecord, r.Parallelization)
	for _, raw := range records {
		record, err := newRecord(raw, r.ARN)
		if err != nil {
			return nil, err
		}
		pass, err := letThrough(record, r.Filters)
		if err != nil {
			return nil, err
		}
		if pass {
			lane := r.lane(record)
			lanes[lane] = append(lanes[lane], record)
		}
	}
	return lanes, nil
}

func (r *reader) lane(record events.DynamoDBEventRecord) int {
	key, _ := json.Marshal(record.Change.Keys[r.PartitionKey]) // cannot fail: it came from JSON
	hash := fnv.New32a()
	_, _ = hash.Write(key)
	return int(hash.Sum32() % uint32(r.Parallelization))
}
