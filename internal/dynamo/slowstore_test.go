package dynamo_test

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
)

// slowStore is a table in memory with the two properties of DynamoDB that bound the audit log: a commit takes its time, and a
// write is cancelled at once if a transaction under way has one of its items. It answers in place of the wire, and
// knows only the requests and expressions that writing and counting audit entries needs.
type slowStore struct {
	commit time.Duration

	mu        sync.Mutex
	items     map[string]rawItem
	inUse     map[string]bool
	requests  map[string]int // by operation
	cancelled int            // of them, because of an item in use
	units     float64        // of writes that were made
	order     []string       // keys of the items, as they were committed
	total     int            // requests so far

	fail   func(request int) error // before a request; nil: none fails
	poison map[string]bool         // keys of items that can't be written
}

func newSlowStore(commit time.Duration) *slowStore {
	return &slowStore{commit: commit, items: map[string]rawItem{}, inUse: map[string]bool{}, requests: map[string]int{}}
}

// config returns a configuration with which clients get their answers from the store.
func (s *slowStore) config() aws.Config {
	return aws.Config{Region: "local", APIOptions: []func(*middleware.Stack) error{func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("SlowStore", s.handle), middleware.After)
	}}}
}

func (s *slowStore) handle(_ context.Context, in middleware.InitializeInput, _ middleware.InitializeHandler) (out middleware.InitializeOutput, md middleware.Metadata, err error) {
	if err := s.failing(); err != nil {
		return out, md, err
	}
	switch in := in.Parameters.(type) {
	case *dynamodb.TransactWriteItemsInput:
		out.Result, err = &dynamodb.TransactWriteItemsOutput{}, s.transact(in)
	case *dynamodb.PutItemInput:
		out.Result, err = &dynamodb.PutItemOutput{}, s.put(in)
	case *dynamodb.BatchGetItemInput:
		out.Result = s.batchGet(in)
	default:
		err = fmt.Errorf("slow store: unknown request %T", in)
	}
	return out, md, err
}

func (s *slowStore) failing() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total++
	if s.fail == nil {
		return nil
	}
	return s.fail(s.total)
}

// slowWrite is one write, with its key and whether it needs the item to be missing.
type slowWrite struct {
	key   string
	apply func(old rawItem) rawItem
	isNew bool
}

func slowWriteOf(w types.TransactWriteItem) slowWrite {
	if w.Put != nil {
		return slowPut(w.Put.Item, w.Put.ConditionExpression)
	}
	return slowWrite{key: pathOf(w.Update.Key), apply: func(old rawItem) rawItem { return slowUpdate(old, *w.Update) }}
}

func slowPut(it rawItem, condition *string) slowWrite {
	return slowWrite{pathOf(it), func(rawItem) rawItem { return it }, aws.ToString(condition) == "attribute_not_exists(pk)"}
}

// slowUpdate applies an expression such as "SET #t = :t ADD a :a, b :b".
func slowUpdate(old rawItem, u types.Update) rawItem {
	it := maps.Clone(u.Key)
	maps.Copy(it, old)
	sets, adds, _ := strings.Cut(*u.UpdateExpression, "ADD ")
	for part := range strings.SplitSeq(adds, ", ") {
		name, value, _ := strings.Cut(part, " ")
		it[name] = &types.AttributeValueMemberN{Value: strconv.FormatInt(slowNumber(it[name])+slowNumber(u.ExpressionAttributeValues[value]), 10)}
	}
	if name, value, ok := strings.Cut(strings.TrimSpace(strings.TrimPrefix(sets, "SET ")), " = "); ok {
		it[u.ExpressionAttributeNames[name]] = u.ExpressionAttributeValues[value]
	}
	return it
}

func slowNumber(v types.AttributeValue) int64 {
	n, ok := v.(*types.AttributeValueMemberN)
	if !ok {
		return 0
	}
	parsed, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil {
		panic(err)
	}
	return parsed
}

func (s *slowStore) transact(in *dynamodb.TransactWriteItemsInput) error {
	writes := make([]slowWrite, len(in.TransactItems))
	for i, w := range in.TransactItems {
		writes[i] = slowWriteOf(w)
	}
	codes, ok := s.begin("TransactWriteItems", writes)
	if !ok {
		reasons := make([]types.CancellationReason, len(codes))
		for i := range codes {
			reasons[i].Code = &codes[i]
		}
		return &types.TransactionCanceledException{CancellationReasons: reasons}
	}
	s.end(writes, 2)
	return nil
}

func (s *slowStore) put(in *dynamodb.PutItemInput) error {
	writes := []slowWrite{slowPut(in.Item, in.ConditionExpression)}
	codes, ok := s.begin("PutItem", writes)
	switch {
	case ok:
		s.end(writes, 1)
		return nil
	case codes[0] == "ConditionalCheckFailed":
		return &types.ConditionalCheckFailedException{}
	}
	return fmt.Errorf("slow store: %s", codes[0])
}

// begin takes the items of the writes, or returns why it can't.
func (s *slowStore) begin(operation string, writes []slowWrite) (codes []string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests[operation]++
	codes, ok = make([]string, len(writes)), true
	for i, w := range writes {
		switch _, exists := s.items[w.key]; {
		case s.poison[w.key]:
			codes[i], ok = "ValidationError", false
		case s.inUse[w.key]:
			codes[i], ok = "TransactionConflict", false
			s.cancelled++
		case w.isNew && exists:
			codes[i], ok = "ConditionalCheckFailed", false
		default:
			codes[i] = "None"
		}
	}
	if ok {
		for _, w := range writes {
			s.inUse[w.key] = true
		}
	}
	return codes, ok
}

// end commits the writes.
func (s *slowStore) end(writes []slowWrite, units float64) {
	time.Sleep(s.commit)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range writes {
		it := w.apply(s.items[w.key])
		s.items[w.key] = it
		delete(s.inUse, w.key)
		s.order = append(s.order, w.key)
		if s.units += units; it["dpk"] != nil {
			s.units++ // an entry in an index costs the same in a transaction
		}
	}
}

func (s *slowStore) batchGet(in *dynamodb.BatchGetItemInput) *dynamodb.BatchGetItemOutput {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &dynamodb.BatchGetItemOutput{Responses: map[string][]rawItem{}}
	for table, request := range in.RequestItems {
		for _, k := range request.Keys {
			if it := s.items[pathOf(k)]; it != nil {
				out.Responses[table] = append(out.Responses[table], it)
			}
		}
	}
	return out
}
