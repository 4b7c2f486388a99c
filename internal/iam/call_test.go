package iam

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

var calls = Names{
	Tables: map[string]Table{
		"t1": {ID: "Table", Keys: map[string]string{"": "pk", "lists": "ipk"}},
		"t2": {ID: "Ledger", Keys: map[string]string{"": "pk"}},
	},
	Queues: map[string]string{"http://q": "Work"},
}

func s(value string) types.AttributeValue { return &types.AttributeValueMemberS{Value: value} }

func keyed1(pk string) item { return item{"pk": s(pk), "sk": s("#")} }

func TestRequestsOfCalls(t *testing.T) {
	t.Parallel()
	table, ledger := aws.String("t1"), aws.String("t2")
	for _, tt := range []struct {
		name string
		call any
		want []string
	}{
		{"get", &dynamodb.GetItemInput{TableName: table, Key: keyed1("A")}, []string{"dynamodb:GetItem Table A"}},
		{"put", &dynamodb.PutItemInput{TableName: ledger, Item: keyed1("A")}, []string{"dynamodb:PutItem Ledger A"}},
		{"update", &dynamodb.UpdateItemInput{TableName: table, Key: keyed1("A")}, []string{"dynamodb:UpdateItem Table A"}},
		{"delete", &dynamodb.DeleteItemInput{TableName: table, Key: keyed1("A")}, []string{"dynamodb:DeleteItem Table A"}},
		{"scan", &dynamodb.ScanInput{TableName: table}, []string{"dynamodb:Scan Table"}},
		{"scan of an index", &dynamodb.ScanInput{TableName: table, IndexName: aws.String("lists")}, []string{"dynamodb:Scan Table/index/lists"}},
		{"query", &dynamodb.QueryInput{
			TableName: table, KeyConditionExpression: aws.String("sk = :s AND pk = :p"), ExpressionAttributeValues: item{":p": s("A"), ":s": s("B")},
		}, []string{"dynamodb:Query Table A"}},
		{"query with short names", &dynamodb.QueryInput{
			TableName: table, IndexName: aws.String("lists"), KeyConditionExpression: aws.String("(#1 = :1) AND (begins_with (#0, :0))"),
			ExpressionAttributeNames: map[string]string{"#0": "isk", "#1": "ipk"}, ExpressionAttributeValues: item{":0": s("B"), ":1": s("A")},
		}, []string{"dynamodb:Query Table/index/lists A"}},
		{"batch of reads", &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
			"t1": {Keys: []item{keyed1("A"), keyed1("B")}}, "t2": {Keys: []item{keyed1("C")}},
		}}, []string{"dynamodb:BatchGetItem Ledger C", "dynamodb:BatchGetItem Table A", "dynamodb:BatchGetItem Table A B", "dynamodb:BatchGetItem Table B"}},
		{"batch of writes", &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{"t1": {
			{PutRequest: &types.PutRequest{Item: keyed1("A")}}, {DeleteRequest: &types.DeleteRequest{Key: keyed1("B")}},
		}}}, []string{"dynamodb:BatchWriteItem Table A", "dynamodb:BatchWriteItem Table A B", "dynamodb:BatchWriteItem Table B"}},
		{"transaction", &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
			{Put: &types.Put{TableName: table, Item: keyed1("A")}}, {Put: &types.Put{TableName: table, Item: keyed1("B")}},
			{Update: &types.Update{TableName: table, Key: keyed1("C")}}, {Delete: &types.Delete{TableName: ledger, Key: keyed1("D")}},
			{ConditionCheck: &types.ConditionCheck{TableName: table, Key: keyed1("E")}},
		}}, []string{
			"dynamodb:ConditionCheckItem Table E", "dynamodb:DeleteItem Ledger D", "dynamodb:PutItem Table A", "dynamodb:PutItem Table A B",
			"dynamodb:PutItem Table B", "dynamodb:UpdateItem Table C",
		}},
		{"statement", &dynamodb.ExecuteStatementInput{
			Statement: aws.String(`DELETE FROM "t1" WHERE "pk"=? AND "sk"=?`), Parameters: []types.AttributeValue{s("A"), s("#")},
		}, []string{"dynamodb:PartiQLDelete Table A"}},
		{"batch of statements", &dynamodb.BatchExecuteStatementInput{Statements: []types.BatchStatementRequest{
			{Statement: aws.String(`UPDATE "t1" SET "a"=?, "b"=? REMOVE "c" WHERE "pk"=? AND "sk"=?`), Parameters: []types.AttributeValue{s("1"), s("2"), s("A"), s("#")}},
			{Statement: aws.String(`DELETE FROM "t1" WHERE "pk"=? AND "sk"=?`), Parameters: []types.AttributeValue{s("B"), s("#")}},
			{Statement: aws.String(`INSERT INTO "t2" VALUE {'a': ?, 'pk': ?, 'sk': ?}`), Parameters: []types.AttributeValue{s("1"), s("C"), s("#")}},
		}}, []string{"dynamodb:PartiQLDelete Table B", "dynamodb:PartiQLInsert Ledger C", "dynamodb:PartiQLUpdate Table A"}},
		{"transaction of statements", &dynamodb.ExecuteTransactionInput{TransactStatements: []types.ParameterizedStatement{
			{Statement: aws.String(`INSERT INTO "t1" VALUE {'pk': ?}`), Parameters: []types.AttributeValue{s("A")}},
		}}, []string{"dynamodb:PartiQLInsert Table A"}},
		{"messages", &sqs.SendMessageBatchInput{QueueUrl: aws.String("http://q")}, []string{"sqs:SendMessage Work"}},
		{"backlog", &sqs.GetQueueAttributesInput{QueueUrl: aws.String("http://q")}, []string{"sqs:GetQueueAttributes Work"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			requests, err := calls.Requests(tt.call)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range requests {
				got = append(got, r.Describe())
			}
			slices.Sort(got)
			if !slices.Equal(got, tt.want) {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// TestUnknownCallsAreRefused has calls that need unknown permissions, or have no key that can be found.
func TestUnknownCallsAreRefused(t *testing.T) {
	t.Parallel()
	table := aws.String("t1")
	statement := func(text string, parameters ...types.AttributeValue) any {
		return &dynamodb.BatchExecuteStatementInput{Statements: []types.BatchStatementRequest{{Statement: &text, Parameters: parameters}}}
	}
	for _, tt := range []struct {
		name string
		call any
		want string
	}{
		{"call", &dynamodb.DescribeTableInput{TableName: table}, "DescribeTableInput are not known"},
		{"table", &dynamodb.GetItemInput{TableName: aws.String("t3"), Key: keyed1("A")}, "table t3 is not known"},
		{"queue", &sqs.SendMessageInput{QueueUrl: aws.String("http://p")}, "queue http://p is not known"},
		{"item without its key", &dynamodb.PutItemInput{TableName: table, Item: item{"sk": s("#")}}, "dynamodb:PutItem Table has no partition key"},
		{"query without a key", &dynamodb.QueryInput{TableName: table, KeyConditionExpression: aws.String("sk = :s")}, `no value of "pk"`},
		{"selection", statement(`SELECT "sk" FROM "t1" WHERE "pk"=?`, s("A")), "SELECT"},
		{"statement without a key", statement(`DELETE FROM "t1" WHERE "sk"=?`, s("A")), `does not have the parameter "pk" once`},
		{"statement with two keys", statement(`DELETE FROM "t1" WHERE "pk"=? OR "pk"=?`, s("A"), s("B")), `does not have the parameter "pk" once`},
		{"statement without parameters", statement(`DELETE FROM "t1" WHERE "pk"=?`), "too few parameters"},
		{"item of a transaction", &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{{}}}, "without an action"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got, err := calls.Requests(tt.call); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, error is %v, want one with %q", got, err, tt.want)
			}
		})
	}
}
