package engine

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

// expiredEvent is the event name of an expiry in DynamoDB Local 3.3.1. AWS uses REMOVE and a user identity.
const expiredEvent types.OperationType = "UNKNOWN_TO_SDK_VERSION"

// IsExpiry reports whether the record is a deletion by TTL. AWS marks it with the service's user identity.
// dynoxide does too, but spells the members in lower case, so that the SDK reads them as empty; no other record has
// an identity. DynamoDB Local uses another event name.
func IsExpiry(record types.Record) bool {
	if record.EventName == expiredEvent {
		return true
	}
	identity := record.UserIdentity
	return record.EventName == types.OperationTypeRemove && identity != nil &&
		(identity.PrincipalId == nil || aws.ToString(identity.PrincipalId) == "dynamodb.amazonaws.com")
}
