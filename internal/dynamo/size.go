package dynamo

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/customer"
)

const writeUnit = 1024 // bytes

// projected are the attributes of an entry in the lists: keys, and what template.yaml projects.
var projected = []string{"pk", "sk", "ipk", "isk", "version", "state", "blocked", "nholds", "profile", "deletion", "row"}

// Units computes the write units of a customer from its items. It makes no request.
func (t *Table) Units(c customer.Customer) customer.Units {
	it, err := attributevalue.MarshalMap(t.newRoot(c, time.Time{}))
	if err != nil {
		return customer.Units{Root: 1, Entry: 1} // its write fails, and costs no more
	}
	root, entry := 0, 0
	for name, value := range it {
		size := len(name) + sizeOf(value)
		if root += size; slices.Contains(projected, name) {
			entry += size
		}
	}
	return customer.Units{Root: unitsOf(root), Entry: unitsOf(entry)}
}

func unitsOf(size int) int { return max(1, (size+writeUnit-1)/writeUnit) }

// sizeOf returns the number of bytes that DynamoDB counts for a value of a root; see "DynamoDB item sizes and formats".
func sizeOf(value types.AttributeValue) int {
	const container, element = 3, 1
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberB:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		return (len(v.Value)+1)/2 + 1
	case *types.AttributeValueMemberL:
		size := container
		for _, of := range v.Value {
			size += element + sizeOf(of)
		}
		return size
	case *types.AttributeValueMemberM:
		size := container
		for name, of := range v.Value {
			size += element + len(name) + sizeOf(of)
		}
		return size
	default:
		return 1 // true, false and NULL
	}
}
