package engine

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

// expiredEvent is how DynamoDB Local 3.3.1 names the record of an expiry, where AWS says REMOVE and tells who.
const expiredEvent types.OperationType = "UNKNOWN_TO_SDK_VERSION"

// IsExpiry tells whether the record is a deletion by TTL. AWS marks it with the service's user identity.
// dynoxide does too, but spells the members in lower case, so that the SDK finds them empty; nothing else
// leaves an identity. DynamoDB Local gives the event a name of its own.
func IsExpiry(record types.Record) bool {
	if record.EventName == expiredEvent {
		return true
	}
	identity := record.UserIdentity
	return record.EventName == types.OperationTypeRemove && identity != nil &&
		(identity.PrincipalId == nil || aws.ToString(identity.PrincipalId) == "dynamodb.amazonaws.com")
}
