package mapping

import (
	"encoding/json"
	"fmt"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"lethe/internal/engine"
)

// newRecord returns the record for a function. An expiry has the user identity that AWS gives it, whatever form the engine
// uses.
func newRecord(record types.Record, stream string) (events.DynamoDBEventRecord, error) {
	change := record.Dynamodb
	result := events.DynamoDBEventRecord{
		AWSRegion: engine.Region, EventID: aws.ToString(record.EventID), EventName: string(record.EventName),
		EventSource: "aws:dynamodb", EventVersion: "1.1", EventSourceArn: stream,
		Change: events.DynamoDBStreamRecord{
			SequenceNumber: aws.ToString(change.SequenceNumber), SizeBytes: aws.ToInt64(change.SizeBytes), StreamViewType: string(change.StreamViewType),
			ApproximateCreationDateTime: events.SecondsEpochTime{Time: aws.ToTime(change.ApproximateCreationDateTime)},
		},
	}
	if engine.IsExpiry(record) {
		result.EventName = string(types.OperationTypeRemove)
		result.UserIdentity = &events.DynamoDBUserIdentity{Type: "Service", PrincipalID: "dynamodb.amazonaws.com"}
	}
	var err error
	if result.Change.Keys, err = image(change.Keys); err != nil {
		return result, err
	}
	if result.Change.NewImage, err = image(change.NewImage); err != nil {
		return result, err
	}
	result.Change.OldImage, err = image(change.OldImage)
	return result, err
}

func image(item map[string]types.AttributeValue) (map[string]events.DynamoDBAttributeValue, error) {
	if item == nil {
		return nil, nil
	}
	result := make(map[string]events.DynamoDBAttributeValue, len(item))
	for name, value := range item {
		converted, err := attribute(value)
		if err != nil {
			return nil, fmt.Errorf("attribute %s: %w", name, err)
		}
		result[name] = converted
	}
	return result, nil
}

func attribute(value types.AttributeValue) (events.DynamoDBAttributeValue, error) {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return events.NewStringAttribute(v.Value), nil
	case *types.AttributeValueMemberN:
		return events.NewNumberAttribute(v.Value), nil
	case *types.AttributeValueMemberB:
		return events.NewBinaryAttribute(v.Value), nil
	case *types.AttributeValueMemberBOOL:
		return events.NewBooleanAttribute(v.Value), nil
	case *types.AttributeValueMemberNULL:
		return events.NewNullAttribute(), nil
	case *types.AttributeValueMemberSS:
		return events.NewStringSetAttribute(v.Value), nil
	case *types.AttributeValueMemberNS:
		return events.NewNumberSetAttribute(v.Value), nil
	case *types.AttributeValueMemberBS:
		return events.NewBinarySetAttribute(v.Value), nil
	case *types.AttributeValueMemberM:
		below, err := image(v.Value)
		return events.NewMapAttribute(below), err
	case *types.AttributeValueMemberL:
		return list(v.Value)
	}
	return events.DynamoDBAttributeValue{}, fmt.Errorf("a value of type %T is unknown", value)
}

func list(values []types.AttributeValue) (events.DynamoDBAttributeValue, error) {
	result := make([]events.DynamoDBAttributeValue, 0, len(values))
	for _, value := range values {
		converted, err := attribute(value)
		if err != nil {
			return events.DynamoDBAttributeValue{}, err
		}
		result = append(result, converted)
	}
	return events.NewListAttribute(result), nil
}

// letThrough reports whether the record matches one of the filters, or there are no filters.
func letThrough(record events.DynamoDBEventRecord, filters []Pattern) (bool, error) {
	if len(filters) == 0 {
		return true, nil
	}
	document, err := json.Marshal(record)
	if err != nil {
		return false, fmt.Errorf("filter: %w", err)
	}
	for _, filter := range filters {
		if matches, err := filter.Matches(document); matches || err != nil {
			return matches, err
		}
	}
	return false, nil
}
