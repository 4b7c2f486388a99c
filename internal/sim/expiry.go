package sim

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// expire removes a customer's root as TTL does: the item alone, whatever hangs on it.
func (w *World) expire(t testing.TB, id string) {
	t.Helper()
	_, err := dynamodb.NewFromConfig(w.Config).DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
		TableName:           aws.String(w.Name),
		Key:                 map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "C#" + id}, "sk": &types.AttributeValueMemberS{Value: "#"}},
		ConditionExpression: aws.String("attribute_exists(pk)"),
	})
	if err != nil {
		t.Fatal(err)
	}
}
