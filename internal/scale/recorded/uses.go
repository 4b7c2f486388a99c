package recorded

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// value is an attribute value as the protocol of DynamoDB has it.
type value = map[string]any

type image = map[string]value

// use is what a request does to one item, or to a partition if it has no sort key.
type use struct {
	table, index string
	hash, sort   string
	write        bool
}

// key is the address of an item.
type key struct{ table, hash, sort string }

func (u use) key() key { return key{u.table, u.hash, u.sort} }

// request is the union of the requests of DynamoDB that Lethe makes.
type request struct {
	TableName, IndexName      string
	Key, Item                 image
	KeyConditionExpression    string
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues image
	RequestItems              json.RawMessage
	TransactItems             []map[string]struct {
		TableName string
		Key, Item image
	}
	Statements         []statement
	TransactStatements []statement
	statement
}

type statement struct {
	Statement  string
	Parameters []value
}

// usesOf lists what a request reads or writes.
func usesOf(operation string, body []byte) ([]use, error) {
	var r request
	if err := json.Unmarshal(body, &r); err != nil {
		return nil, fmt.Errorf("read a request: %w", err)
	}
	switch operation {
	case "GetItem":
		return []use{itemUse(r.TableName, r.Key, false)}, nil
	case "PutItem":
		return []use{itemUse(r.TableName, r.Item, true)}, nil
	case "UpdateItem", "DeleteItem":
		return []use{itemUse(r.TableName, r.Key, true)}, nil
	case "Query":
		return r.query()
	case "BatchGetItem":
		return r.batchGet()
	case "BatchWriteItem":
		return r.batchWrite()
	case "TransactWriteItems":
		return r.transaction(), nil
	case "BatchExecuteStatement":
		return statements(r.Statements)
	case "ExecuteTransaction":
		return statements(r.TransactStatements)
	case "ExecuteStatement":
		return statements([]statement{r.statement})
	}
	return nil, fmt.Errorf("the recorder does not know the operation %s: add it to usesOf", operation)
}

func itemUse(table string, it image, write bool) use {
	return use{table: table, hash: text(it["pk"]), sort: text(it["sk"]), write: write}
}

func text(v value) string {
	s, _ := v["S"].(string)
	return s
}

var equality = regexp.MustCompile(`^\(?\s*(#?\w+)\s*=\s*(:\w+)`)

func (r request) query() ([]use, error) {
	found := equality.FindStringSubmatch(r.KeyConditionExpression)
	if found == nil {
		return nil, fmt.Errorf("the recorder does not understand the condition %q", r.KeyConditionExpression)
	}
	return []use{{table: r.TableName, index: r.IndexName, hash: text(r.ExpressionAttributeValues[found[2]])}}, nil
}

func (r request) batchGet() (uses []use, err error) {
	var tables map[string]struct{ Keys []image }
	if err := json.Unmarshal(r.RequestItems, &tables); err != nil {
		return nil, fmt.Errorf("read a batch: %w", err)
	}
	for table, wanted := range tables {
		for _, k := range wanted.Keys {
			uses = append(uses, itemUse(table, k, false))
		}
	}
	return uses, nil
}

func (r request) batchWrite() (uses []use, err error) {
	var tables map[string][]struct {
		PutRequest    *struct{ Item image }
		DeleteRequest *struct{ Key image }
	}
	if err := json.Unmarshal(r.RequestItems, &tables); err != nil {
		return nil, fmt.Errorf("read a batch: %w", err)
	}
	for table, writes := range tables {
		for _, w := range writes {
			if w.PutRequest != nil {
				uses = append(uses, itemUse(table, w.PutRequest.Item, true))
			} else {
				uses = append(uses, itemUse(table, w.DeleteRequest.Key, true))
			}
		}
	}
	return uses, nil
}

func (r request) transaction() (uses []use) {
	for _, item := range r.TransactItems {
		for kind, of := range item {
			k := of.Key
			if kind == "Put" {
				k = of.Item
			}
			uses = append(uses, itemUse(of.TableName, k, true)) // a condition check is billed as a write, too
		}
	}
	return uses
}

var (
	ofTable = regexp.MustCompile(`(?:UPDATE|FROM|INTO) "([^"]+)"`)
)

func statements(all []statement) (uses []use, err error) {
	for _, s := range all {
		table := ofTable.FindStringSubmatch(s.Statement)
		hash, sort := parameter(s.Statement, "pk"), parameter(s.Statement, "sk")
		if table == nil || hash < 0 || sort < 0 || max(hash, sort) >= len(s.Parameters) {
			return nil, fmt.Errorf("the recorder does not understand the statement %q", s.Statement)
		}
		uses = append(uses, use{table: table[1], hash: text(s.Parameters[hash]), sort: text(s.Parameters[sort]), write: true})
	}
	return uses, nil
}

// parameter returns the number of the parameter that is compared with a key, or inserted as one; -1 for none.
func parameter(statement, name string) int {
	for _, form := range []string{`"` + name + `"=?`, `'` + name + `': ?`} {
		if at := strings.Index(statement, form); at >= 0 {
			return strings.Count(statement[:at+len(form)], "?") - 1
		}
	}
	return -1
}
