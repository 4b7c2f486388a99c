package iam

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// Names says what the template calls the tables and queues of the calls.
type Names struct {
	Tables map[string]Table  // by the name in the calls
	Queues map[string]string // the template's name by the address in the calls
}

// Table is a table of the template.
type Table struct {
	ID   string            // of the resource in the template
	Keys map[string]string // the attribute with the partition key: of the table by "", of an index by its name
}

type item = map[string]types.AttributeValue

// access is one item that a call reads or writes, or one partition.
type access struct {
	action, table, index string
	key                  string // "" for none
}

// Requests returns what AWS checks at a call with these parameters. It is an error if the call is not known.
//
// AWS's documents don't say whether the items of a transaction or a batch are checked one by one or together. So each is a request,
// and so are all items of an action together. A statement of PartiQL needs the action of its verb; a transaction has none of its own.
func (n Names) Requests(parameters any) ([]Request, error) {
	if queue, action := queueCall(parameters); action != "" {
		id, known := n.Queues[queue]
		if !known {
			return nil, fmt.Errorf("iam: queue %s is not known", queue)
		}
		return []Request{{Action: action, Resource: id}}, nil
	}
	accesses, err := n.accesses(parameters)
	if err != nil {
		return nil, err
	}
	return n.requests(accesses)
}

func (n Names) requests(accesses []access) ([]Request, error) {
	var requests []Request
	together := map[[2]string]*Request{}
	for _, a := range accesses {
		one, err := n.request(a)
		if err != nil {
			return nil, err
		}
		requests = append(requests, one)
		group := together[[2]string{one.Action, one.Resource}]
		if group == nil {
			group = &Request{Action: one.Action, Resource: one.Resource, Keys: map[string][]string{}}
			together[[2]string{one.Action, one.Resource}] = group
		}
		group.Keys[LeadingKeys] = append(group.Keys[LeadingKeys], one.Keys[LeadingKeys]...)
	}
	for _, group := range together {
		if len(group.Keys[LeadingKeys]) > 1 {
			requests = append(requests, *group)
		}
	}
	return requests, nil
}

// request is what AWS checks at an access. An action with keys must have one: without it, conditions would hold that AWS finds broken.
func (n Names) request(a access) (Request, error) {
	table, known := n.Tables[a.table]
	if !known {
		return Request{}, fmt.Errorf("iam: table %s is not known", a.table)
	}
	r := Request{Action: "dynamodb:" + a.action, Resource: table.ID}
	if a.index != "" {
		r.Resource += "/index/" + a.index
	}
	if a.key != "" {
		r.Keys = map[string][]string{LeadingKeys: {a.key}}
	} else if slices.Contains(keyed, r.Action) {
		return Request{}, fmt.Errorf("iam: %s %s has no partition key", r.Action, r.Resource)
	}
	return r, nil
}

func queueCall(parameters any) (queue, action string) {
	switch in := parameters.(type) {
	case *sqs.SendMessageInput:
		return aws.ToString(in.QueueUrl), "sqs:SendMessage"
	case *sqs.SendMessageBatchInput:
		return aws.ToString(in.QueueUrl), "sqs:SendMessage"
	case *sqs.GetQueueAttributesInput:
		return aws.ToString(in.QueueUrl), "sqs:GetQueueAttributes"
	}
	return "", ""
}

func (n Names) accesses(parameters any) ([]access, error) {
	switch in := parameters.(type) {
	case *dynamodb.GetItemInput:
		return n.one("GetItem", in.TableName, in.Key), nil
	case *dynamodb.PutItemInput:
		return n.one("PutItem", in.TableName, in.Item), nil
	case *dynamodb.UpdateItemInput:
		return n.one("UpdateItem", in.TableName, in.Key), nil
	case *dynamodb.DeleteItemInput:
		return n.one("DeleteItem", in.TableName, in.Key), nil
	case *dynamodb.ScanInput:
		return []access{{action: "Scan", table: aws.ToString(in.TableName), index: aws.ToString(in.IndexName)}}, nil
	case *dynamodb.QueryInput:
		return n.query(in)
	case *dynamodb.BatchGetItemInput:
		return n.batchGet(in), nil
	case *dynamodb.BatchWriteItemInput:
		return n.batchWrite(in), nil
	case *dynamodb.TransactWriteItemsInput:
		return n.transaction(in)
	case *dynamodb.ExecuteStatementInput:
		one, err := n.statement(aws.ToString(in.Statement), in.Parameters)
		return []access{one}, err
	case *dynamodb.BatchExecuteStatementInput:
		return statements(n, in.Statements, func(s types.BatchStatementRequest) (*string, []types.AttributeValue) {
			return s.Statement, s.Parameters
		})
	case *dynamodb.ExecuteTransactionInput:
		return statements(n, in.TransactStatements, func(s types.ParameterizedStatement) (*string, []types.AttributeValue) {
			return s.Statement, s.Parameters
		})
	}
	return nil, fmt.Errorf("iam: the permissions of a %T are not known", parameters)
}

// one is an access of one item.
func (n Names) one(action string, table *string, it item) []access {
	return []access{{action: action, table: *table, key: n.keyOf(*table, it)}}
}

func (n Names) keyOf(table string, it item) string { return text(it[n.Tables[table].Keys[""]]) }

func text(value types.AttributeValue) string {
	if s, ok := value.(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

func (n Names) batchGet(in *dynamodb.BatchGetItemInput) (all []access) {
	for table, request := range in.RequestItems {
		for _, key := range request.Keys {
			all = append(all, n.one("BatchGetItem", &table, key)...)
		}
	}
	return all
}

// batchWrite needs the action of the batch alone, for puts and deletions alike.
func (n Names) batchWrite(in *dynamodb.BatchWriteItemInput) (all []access) {
	for table, requests := range in.RequestItems {
		for _, r := range requests {
			it := item{}
			if r.PutRequest != nil {
				maps.Copy(it, r.PutRequest.Item)
			}
			if r.DeleteRequest != nil {
				maps.Copy(it, r.DeleteRequest.Key)
			}
			all = append(all, n.one("BatchWriteItem", &table, it)...)
		}
	}
	return all
}

func (n Names) transaction(in *dynamodb.TransactWriteItemsInput) (all []access, err error) {
	for _, it := range in.TransactItems {
		switch {
		case it.Put != nil:
			all = append(all, n.one("PutItem", it.Put.TableName, it.Put.Item)...)
		case it.Update != nil:
			all = append(all, n.one("UpdateItem", it.Update.TableName, it.Update.Key)...)
		case it.Delete != nil:
			all = append(all, n.one("DeleteItem", it.Delete.TableName, it.Delete.Key)...)
		case it.ConditionCheck != nil:
			all = append(all, n.one("ConditionCheckItem", it.ConditionCheck.TableName, it.ConditionCheck.Key)...)
		default:
			return nil, fmt.Errorf("iam: a transaction has an item without an action")
		}
	}
	return all, nil
}

var equality = regexp.MustCompile(`(#?\w+)\s*=\s*(:\w+)`)

// query finds the partition key in the condition. For an index, it is the index's.
func (n Names) query(in *dynamodb.QueryInput) ([]access, error) {
	table, index := aws.ToString(in.TableName), aws.ToString(in.IndexName)
	attribute := n.Tables[table].Keys[index]
	for _, match := range equality.FindAllStringSubmatch(aws.ToString(in.KeyConditionExpression), -1) {
		name := match[1]
		if full, short := in.ExpressionAttributeNames[name]; short {
			name = full
		}
		if name == attribute {
			return []access{{action: "Query", table: table, index: index, key: text(in.ExpressionAttributeValues[match[2]])}}, nil
		}
	}
	return nil, fmt.Errorf("iam: no value of %q in the key condition %q", attribute, aws.ToString(in.KeyConditionExpression))
}

func statements[S any](n Names, all []S, of func(S) (*string, []types.AttributeValue)) ([]access, error) {
	var found []access
	for _, s := range all {
		statement, parameters := of(s)
		a, err := n.statement(aws.ToString(statement), parameters)
		if err != nil {
			return nil, err
		}
		found = append(found, a)
	}
	return found, nil
}

var partiQL = regexp.MustCompile(`^(INSERT INTO|UPDATE|DELETE FROM) "([^"]+)"`)

// statement reads a statement of PartiQL with its key as a parameter: "pk"=? of an update or deletion, 'pk': ? of an insertion.
func (n Names) statement(statement string, parameters []types.AttributeValue) (access, error) {
	start := partiQL.FindStringSubmatch(statement)
	if start == nil {
		return access{}, fmt.Errorf("iam: the statement %q is not known", statement)
	}
	attribute := n.Tables[start[2]].Keys[""]
	bound := regexp.MustCompile(`"` + attribute + `" ?= ?\?`)
	if start[1] == "INSERT INTO" {
		bound = regexp.MustCompile(`'` + attribute + `' ?: ?\?`)
	}
	at := bound.FindAllStringIndex(statement, -1)
	if attribute == "" || len(at) != 1 {
		return access{}, fmt.Errorf("iam: the statement %q does not have the parameter %q once", statement, attribute)
	}
	before := strings.Count(statement[:at[0][0]], "?")
	if before >= len(parameters) {
		return access{}, fmt.Errorf("iam: the statement %q has too few parameters", statement)
	}
	verb, _, _ := strings.Cut(start[1], " ")
	return access{action: "PartiQL" + verb[:1] + strings.ToLower(verb[1:]), table: start[2], key: text(parameters[before])}, nil
}

// Describe returns the request in one line.
func (r Request) Describe() string {
	return strings.TrimSpace(fmt.Sprint(r.Action, " ", r.Resource, " ", strings.Join(slices.Compact(slices.Sorted(slices.Values(r.Keys[LeadingKeys]))), " ")))
}
