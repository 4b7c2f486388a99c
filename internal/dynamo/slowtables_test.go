package dynamo_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
)

// slowTables are tables in memory in which each request takes the time that it takes on DynamoDB. They answer clients
// directly, without HTTP: in a synctest bubble a run takes no longer than its computing, and the times are exact. They know
// the requests of a purge and of a sweep, and panic at any other.
type slowTables struct {
	took time.Duration // for a request

	mu    sync.Mutex
	items map[string]*partition // by table and pk
	lists map[string]*partition // by ipk
}

type slowItem = map[string]types.AttributeValue

// partition has items by sort key.
type partition struct {
	keys  []string // sorted
	items map[string]slowItem
}

func newSlowTables(took time.Duration) *slowTables {
	return &slowTables{took: took, items: map[string]*partition{}, lists: map[string]*partition{}}
}

// config is for clients of these tables.
func (s *slowTables) config() aws.Config {
	return aws.Config{Region: "none", APIOptions: []func(*middleware.Stack) error{func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("SlowTables", s.handle), middleware.After)
	}}}
}

func (s *slowTables) handle(ctx context.Context, in middleware.InitializeInput, _ middleware.InitializeHandler) (out middleware.InitializeOutput, md middleware.Metadata, err error) {
	if err := s.wait(ctx); err != nil {
		return out, md, err
	}
	out.Result, err = s.answer(in.Parameters)
	if waited := s.wait(ctx); waited != nil {
		err = waited
	}
	return out, md, err
}

// wait waits half the time of a request: its effect comes in the middle.
func (s *slowTables) wait(ctx context.Context) error {
	select {
	case <-time.After(s.took / 2):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *slowTables) answer(params any) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch in := params.(type) {
	case *dynamodb.GetItemInput:
		return &dynamodb.GetItemOutput{Item: s.get(*in.TableName, in.Key)}, nil
	case *dynamodb.BatchGetItemInput:
		return s.batchGet(in), nil
	case *dynamodb.QueryInput:
		return s.query(in), nil
	case *dynamodb.PutItemInput:
		return s.putItem(in)
	case *dynamodb.BatchWriteItemInput:
		return s.batchWrite(in), nil
	case *dynamodb.BatchExecuteStatementInput:
		return s.execute(in), nil
	}
	panic(fmt.Sprintf("a request that no purge makes: %T", params))
}

func (s *slowTables) get(table string, key slowItem) slowItem {
	p := s.items[table+" "+str(key["pk"])]
	if p == nil {
		return nil
	}
	return p.items[str(key["sk"])]
}

// put writes an item, or removes it if it is nil, and returns the write units.
func (s *slowTables) put(table string, key, it slowItem) float64 {
	pk, sk := table+" "+str(key["pk"]), str(key["sk"])
	if s.items[pk] == nil {
		s.items[pk] = &partition{items: map[string]slowItem{}}
	}
	old := s.items[pk].items[sk]
	s.items[pk].set(sk, it)
	if len(s.items[pk].keys) == 0 {
		delete(s.items, pk)
	}
	return kilobytes(max(itemSize(old), itemSize(it))) + s.relist(old, it)
}

// relist moves an item's entry in the index.
func (s *slowTables) relist(old, it slowItem) (units float64) {
	if from, to := str(old["ipk"])+str(old["isk"]), str(it["ipk"])+str(it["isk"]); from != "" && from != to {
		s.lists[str(old["ipk"])].set(str(old["isk"]), nil)
		units++
	}
	if ipk := str(it["ipk"]); ipk != "" {
		if s.lists[ipk] == nil {
			s.lists[ipk] = &partition{items: map[string]slowItem{}}
		}
		s.lists[ipk].set(str(it["isk"]), it)
		units++
	}
	return units
}

func (p *partition) set(key string, it slowItem) {
	at, there := slices.BinarySearch(p.keys, key)
	switch {
	case it == nil && there && at < len(p.keys)/2: // the soonest due go first
		copy(p.keys[1:at+1], p.keys[:at])
		p.keys = p.keys[1:]
	case it == nil && there:
		p.keys = slices.Delete(p.keys, at, at+1)
	case it != nil && !there:
		p.keys = slices.Insert(p.keys, at, key)
	}
	if it == nil {
		delete(p.items, key)
	} else {
		p.items[key] = it
	}
}

func (s *slowTables) batchGet(in *dynamodb.BatchGetItemInput) *dynamodb.BatchGetItemOutput {
	out := &dynamodb.BatchGetItemOutput{Responses: map[string][]slowItem{}}
	units := 0.0
	for table, keys := range in.RequestItems {
		for _, key := range keys.Keys {
			it := s.get(table, key)
			if units += readUnits(itemSize(it)); it != nil {
				out.Responses[table] = append(out.Responses[table], it)
			}
		}
	}
	out.ConsumedCapacity = []types.ConsumedCapacity{{CapacityUnits: &units}}
	return out
}

func (s *slowTables) query(in *dynamodb.QueryInput) *dynamodb.QueryOutput {
	p, keys := s.span(in)
	if in.ScanIndexForward != nil && !*in.ScanIndexForward {
		slices.Reverse(keys)
	}
	out := &dynamodb.QueryOutput{}
	if limit := int(aws.ToInt32(in.Limit)); limit > 0 && len(keys) > limit {
		keys = keys[:limit]
		out.LastEvaluatedKey = slowItem{"last": &types.AttributeValueMemberS{Value: keys[limit-1]}}
	}
	read := 0
	for _, key := range keys {
		read += itemSize(p.items[key])
		out.Items = append(out.Items, p.items[key])
	}
	units := readUnits(read)
	out.Count, out.ConsumedCapacity = int32(len(keys)), &types.ConsumedCapacity{CapacityUnits: &units}
	return out
}

// span returns a partition and those of its keys that a query reads, in a slice of its own.
func (s *slowTables) span(in *dynamodb.QueryInput) (*partition, []string) {
	p, from, to := s.items[*in.TableName+" "+str(in.ExpressionAttributeValues[":pk"])], str(in.ExpressionAttributeValues[":root"]), ""
	if in.IndexName != nil {
		p, from, to = s.lists[str(in.ExpressionAttributeValues[":shard"])], "", str(in.ExpressionAttributeValues[":upTo"])
	}
	if p == nil {
		return nil, nil
	}
	from = cmp.Or(str(in.ExclusiveStartKey["last"]), from)
	first, there := slices.BinarySearch(p.keys, from)
	if there {
		first++
	}
	end := len(p.keys)
	if to != "" {
		end, _ = slices.BinarySearch(p.keys, to)
	}
	if limit := int(aws.ToInt32(in.Limit)); limit > 0 && aws.ToBool(cmp.Or(in.ScanIndexForward, aws.Bool(true))) {
		end = min(end, first+limit+1)
	}
	return p, slices.Clone(p.keys[first:max(first, end)])
}

func (s *slowTables) putItem(in *dynamodb.PutItemInput) (*dynamodb.PutItemOutput, error) {
	if old := s.get(*in.TableName, in.Item); old != nil {
		return nil, &types.ConditionalCheckFailedException{Item: old}
	}
	units := s.put(*in.TableName, in.Item, in.Item)
	return &dynamodb.PutItemOutput{ConsumedCapacity: &types.ConsumedCapacity{CapacityUnits: &units}}, nil
}

func (s *slowTables) batchWrite(in *dynamodb.BatchWriteItemInput) *dynamodb.BatchWriteItemOutput {
	units := 0.0
	for table, writes := range in.RequestItems {
		for _, w := range writes {
			if w.DeleteRequest != nil {
				units += s.put(table, w.DeleteRequest.Key, nil)
			} else {
				units += s.put(table, w.PutRequest.Item, w.PutRequest.Item)
			}
		}
	}
	return &dynamodb.BatchWriteItemOutput{ConsumedCapacity: []types.ConsumedCapacity{{CapacityUnits: &units}}}
}

func (s *slowTables) execute(in *dynamodb.BatchExecuteStatementInput) *dynamodb.BatchExecuteStatementOutput {
	out, units := &dynamodb.BatchExecuteStatementOutput{}, 0.0
	for _, statement := range in.Statements {
		refused, cost := s.executeOne(*statement.Statement, statement.Parameters)
		units += cost
		var response types.BatchStatementResponse
		if refused {
			response.Error = &types.BatchStatementError{Code: types.BatchStatementErrorCodeEnumConditionalCheckFailed}
		}
		out.Responses = append(out.Responses, response)
	}
	out.ConsumedCapacity = []types.ConsumedCapacity{{CapacityUnits: &units}}
	return out
}

var (
	insertText = regexp.MustCompile(`^INSERT INTO "([^"]+)" VALUE \{(.*)\}$`)
	deleteText = regexp.MustCompile(`^DELETE FROM "([^"]+)" WHERE (.*)$`)
	updateText = regexp.MustCompile(`^UPDATE "([^"]+)" SET (.*?)(?: REMOVE "([^"]+)")? WHERE (.*)$`)
	nameText   = regexp.MustCompile(`['"](\w+)['"]: \?`)
	setText    = regexp.MustCompile(`"(\w+)"=\?`)
)

// executeOne executes a statement of PartiQL in one of the forms that a purge has.
func (s *slowTables) executeOne(text string, values []types.AttributeValue) (refused bool, units float64) {
	if m := insertText.FindStringSubmatch(text); m != nil {
		it := slowItem{}
		for i, name := range nameText.FindAllStringSubmatch(m[2], -1) {
			it[name[1]] = values[i]
		}
		if old := s.get(m[1], it); old != nil {
			return true, kilobytes(itemSize(old))
		}
		return false, s.put(m[1], it, it)
	}
	if m := deleteText.FindStringSubmatch(text); m != nil {
		key, met := s.where(m[1], m[2], values)
		if !met {
			return s.get(m[1], key) != nil, 1
		}
		return false, s.put(m[1], key, nil)
	}
	m := updateText.FindStringSubmatch(text)
	if m == nil {
		panic("a statement that no purge makes: " + text)
	}
	sets := setText.FindAllStringSubmatch(m[2], -1)
	key, met := s.where(m[1], m[4], values[len(sets):])
	if !met {
		return true, 1
	}
	it := maps.Clone(s.get(m[1], key))
	for i, name := range sets {
		it[name[1]] = values[i]
	}
	delete(it, m[3])
	return false, s.put(m[1], key, it)
}

// where returns the key in conditions, and whether the item is there and meets the others.
func (s *slowTables) where(table, conditions string, values []types.AttributeValue) (key slowItem, met bool) {
	wanted := map[string]string{}
	for condition := range strings.SplitSeq(conditions, " AND ") {
		path, value, _ := strings.Cut(condition, "=")
		if value = strings.Trim(value, "'"); value == "?" {
			value, values = str(values[0]), values[1:]
		}
		wanted[strings.ReplaceAll(path, `"`, "")] = value
	}
	key = slowItem{"pk": &types.AttributeValueMemberS{Value: wanted["pk"]}, "sk": &types.AttributeValueMemberS{Value: wanted["sk"]}}
	it := s.get(table, key)
	if met = it != nil; met {
		for path, value := range wanted {
			met = met && at(it, path) == value
		}
	}
	return key, met
}

// at returns the string or number at a path of an item.
func at(it slowItem, path string) string {
	name, rest, deeper := strings.Cut(path, ".")
	if inner, ok := it[name].(*types.AttributeValueMemberM); ok && deeper {
		return at(inner.Value, rest)
	}
	return str(it[name])
}

func str(v types.AttributeValue) string {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return v.Value
	}
	return ""
}

func kilobytes(bytes int) float64 { return float64(max(1, ceil(bytes, 1024))) }

func readUnits(bytes int) float64 { return float64(max(1, ceil(bytes, 4096))) }
