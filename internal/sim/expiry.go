package sim

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// errGone is the error of expire if there is no root.
var errGone = errors.New("the root is gone already")

// Expire removes a customer's root as TTL does: only this item, unconditionally.
func (w *World) Expire(t testing.TB, id string) {
	t.Helper()
	if err := expire(w.Config, w.Name, id); err != nil {
		t.Fatal(err)
	}
}

// Expiry returns the time from which on TTL may remove a customer's root; zero: never.
func (w *World) Expiry(t testing.TB, id string) time.Time {
	t.Helper()
	out, err := dynamodb.NewFromConfig(w.Config).GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String(w.Name), Key: rootKey(id)})
	if err != nil {
		t.Fatal(err)
	}
	ttl, ok := out.Item["ttl"].(*types.AttributeValueMemberN)
	if !ok {
		return time.Time{}
	}
	seconds, err := strconv.ParseInt(ttl.Value, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return time.Unix(seconds, 0)
}

func rootKey(id string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: "C#" + id}, "sk": &types.AttributeValueMemberS{Value: "#"},
	}
}

func expire(cfg aws.Config, table, id string) error {
	_, err := dynamodb.NewFromConfig(cfg).DeleteItem(context.Background(), &dynamodb.DeleteItemInput{
		TableName: aws.String(table), ConditionExpression: aws.String("attribute_exists(pk)"), Key: rootKey(id),
	})
	if _, failed := errors.AsType[*types.ConditionalCheckFailedException](err); failed {
		return errGone
	}
	return err
}
