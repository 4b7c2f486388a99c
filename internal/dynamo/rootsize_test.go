package dynamo_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/customer"
)

// roomForMore is the number of bytes that a root keeps free of the 1,024 of one write unit, for
// future attributes: owners, next bookings and groups.
const roomForMore = 150

// TestARootOfOrdinarySizeIsCheapToChange brings a root to its largest state.
func TestARootOfOrdinarySizeIsCheapToChange(t *testing.T) {
	t.Parallel()
	p := newTill(t)
	ctx, id := t.Context(), "maria-anders"
	p.create(t, id)
	ch := admin
	ch.Reason = "asked by phone to be forgotten"
	results, err := p.AddRecords(ctx, id, records("ticket~1", "ticket~1~line~1", "invoice~1"), ch)
	must(t, append(results, err)...)
	_, err = p.Block(ctx, id, ch)
	must(t, err)
	c, err := p.Delete(ctx, id, ch)
	must(t, err)
	must(t, p.RestoreMany(ctx, []customer.Seen{c.Seen()}, []string{c.Deletion.ID}, ch)...)
	_, err = p.Delete(ctx, id, ch)
	must(t, err)
	_, err = p.Hold(ctx, id, "case-2026-17", ch)
	must(t, err)
	out, err := dynamodb.NewFromConfig(p.world.Config).GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &p.world.Name, ConsistentRead: aws.Bool(true),
		Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "C#" + id}, "sk": &types.AttributeValueMemberS{Value: "#"}},
	})
	must(t, err)
	size := 0
	for name, value := range out.Item {
		size += len(name) + sizeOf(value)
	}
	if t.Logf("%d bytes", size); size > 1024-roomForMore {
		t.Errorf("the root has %d bytes, which leaves less than %d of 1,024", size, roomForMore)
	}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// sizeOf returns the number of bytes that DynamoDB bills for a value; see "DynamoDB item sizes and formats".
func sizeOf(value types.AttributeValue) int {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberB:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		return (len(v.Value)+1)/2 + 1
	case *types.AttributeValueMemberL:
		size := 3
		for _, element := range v.Value {
			size += 1 + sizeOf(element)
		}
		return size
	case *types.AttributeValueMemberM:
		size := 3
		for name, element := range v.Value {
			size += 1 + len(name) + sizeOf(element)
		}
		return size
	default:
		return 1
	}
}
