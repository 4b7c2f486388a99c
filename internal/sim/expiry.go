package sim

import (
	"context"
	"errors"
	"testing"

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

func expire(cfg aws.Config, table, id string) error {
	_, err := dynamodb.NewFromConfig(cfg).DeleteItem(context.Background(), &dynamodb.DeleteItemInput{
		TableName: aws.String(table), ConditionExpression: aws.String("attribute_exists(pk)"),
		Key: map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: "C#" + id}, "sk": &types.AttributeValueMemberS{Value: "#"},
		},
	})
	if _, failed := errors.AsType[*types.ConditionalCheckFailedException](err); failed {
		return errGone
	}
	return err
}
