package app

import (
	"context"
	"fmt"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/customer"
	"lethe/internal/dynamo"
)

// Stream handles a batch of the main table's change stream, in order. It logs every change of
// a customer, and starts the purge of customers that TTL removed. It stops at the first record
// that fails and returns its sequence number, from which Lambda delivers again.
func (a *App) Stream(ctx context.Context, batch events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	for _, r := range batch.Records {
		if err := a.observe(ctx, r); err != nil {
			a.log.Log(ctx, severity(err), "handling a change failed, Lambda delivers it again", "sequence", r.Change.SequenceNumber, "error", err)
			return events.DynamoDBEventResponse{BatchItemFailures: []events.DynamoDBBatchItemFailure{
				{ItemIdentifier: r.Change.SequenceNumber},
			}}, nil
		}
	}
	return events.DynamoDBEventResponse{}, nil
}

func (a *App) observe(ctx context.Context, r events.DynamoDBEventRecord) error {
	if !dynamo.IsCustomer(stringOf(r.Change.Keys, "pk"), stringOf(r.Change.Keys, "sk")) {
		return nil
	}
	before, err := image(r.Change.OldImage)
	if err != nil {
		return err
	}
	after, err := image(r.Change.NewImage)
	if err != nil {
		return err
	}
	if before == nil && after == nil {
		return fmt.Errorf("a change without images: the stream's view type must be NEW_AND_OLD_IMAGES")
	}
	expired := after == nil && byTTL(r)
	if expired {
		if err := a.service.Expire(ctx, *before); err != nil {
			return fmt.Errorf("expire: %w", err)
		}
	}
	entry, ok := customer.Describe(before, after, r.Change.SequenceNumber, r.Change.ApproximateCreationDateTime.UTC(), expired)
	if !ok {
		return nil
	}
	if err := a.service.AddEntry(ctx, entry, after); err != nil {
		return fmt.Errorf("log: %w", err)
	}
	return nil
}

// byTTL reports whether TTL removed the item, and not a worker:
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/time-to-live-ttl-streams.html
func byTTL(r events.DynamoDBEventRecord) bool {
	return r.UserIdentity != nil && r.UserIdentity.Type == "Service" && r.UserIdentity.PrincipalID == "dynamodb.amazonaws.com"
}

// image decodes the root before or after a change. It is nil if the root did not exist.
func image(values map[string]events.DynamoDBAttributeValue) (*customer.Customer, error) {
	if len(values) == 0 {
		return nil, nil
	}
	c, err := dynamo.DecodeCustomer(attributeMap(values))
	return &c, err
}

func attributeMap(values map[string]events.DynamoDBAttributeValue) map[string]types.AttributeValue {
	m := make(map[string]types.AttributeValue, len(values))
	for name, v := range values {
		m[name] = attribute(v)
	}
	return m
}

// attribute converts a value of an event into a value of the SDK.
func attribute(v events.DynamoDBAttributeValue) types.AttributeValue {
	switch v.DataType() {
	case events.DataTypeString:
		return &types.AttributeValueMemberS{Value: v.String()}
	case events.DataTypeNumber:
		return &types.AttributeValueMemberN{Value: v.Number()}
	case events.DataTypeBoolean:
		return &types.AttributeValueMemberBOOL{Value: v.Boolean()}
	case events.DataTypeBinary:
		return &types.AttributeValueMemberB{Value: v.Binary()}
	case events.DataTypeMap:
		return &types.AttributeValueMemberM{Value: attributeMap(v.Map())}
	case events.DataTypeList:
		list := make([]types.AttributeValue, len(v.List()))
		for i, e := range v.List() {
			list[i] = attribute(e)
		}
		return &types.AttributeValueMemberL{Value: list}
	case events.DataTypeStringSet:
		return &types.AttributeValueMemberSS{Value: v.StringSet()}
	case events.DataTypeNumberSet:
		return &types.AttributeValueMemberNS{Value: v.NumberSet()}
	case events.DataTypeBinarySet:
		return &types.AttributeValueMemberBS{Value: v.BinarySet()}
	default:
		return &types.AttributeValueMemberNULL{Value: true}
	}
}

func stringOf(values map[string]events.DynamoDBAttributeValue, name string) string {
	if v, ok := values[name]; ok && v.DataType() == events.DataTypeString {
		return v.String()
	}
	return ""
}
