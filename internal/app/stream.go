package app

import (
	"context"
	"errors"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/customer"
	"lethe/internal/dynamo"
)

// Stream handles a batch of the main table's change stream. It logs every change of a customer, and
// starts the purge of customers that TTL removed. If something fails, it returns the lowest sequence number that
// is not done, from which Lambda delivers again. Some of the records after that number may be done:
// doing them again changes nothing.
func (a *App) Stream(ctx context.Context, batch events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	changes, unread, broken := changesOf(batch.Records)
	done, err := a.service.Follow(ctx, changes)
	switch {
	case err != nil:
		return a.again(ctx, changes[done].Seq, err), nil
	case broken != nil:
		return a.again(ctx, unread, broken), nil
	}
	return events.DynamoDBEventResponse{}, nil
}

// again logs the error and has the stream delivered again from a sequence number on.
func (a *App) again(ctx context.Context, seq string, err error) events.DynamoDBEventResponse {
	a.log.Log(ctx, severity(err), "handling a change failed, Lambda delivers it again", "sequence", seq, "error", err)
	return events.DynamoDBEventResponse{BatchItemFailures: []events.DynamoDBBatchItemFailure{{ItemIdentifier: seq}}}
}

// changesOf decodes the changes of customers, up to the first record that can't be read. It returns that record's
// sequence number with the error.
func changesOf(records []events.DynamoDBEventRecord) (changes []customer.RootChange, unread string, err error) {
	for _, r := range records {
		if !dynamo.IsCustomer(stringOf(r.Change.Keys, "pk"), stringOf(r.Change.Keys, "sk")) {
			continue
		}
		ch, err := changeOf(r)
		if err != nil {
			return changes, r.Change.SequenceNumber, err
		}
		changes = append(changes, ch)
	}
	return changes, "", nil
}

func changeOf(r events.DynamoDBEventRecord) (ch customer.RootChange, err error) {
	ch.Seq, ch.At = r.Change.SequenceNumber, r.Change.ApproximateCreationDateTime.UTC()
	if ch.Before, err = image(r.Change.OldImage); err != nil {
		return ch, err
	}
	if ch.After, err = image(r.Change.NewImage); err != nil {
		return ch, err
	}
	if ch.Before == nil && ch.After == nil {
		return ch, errors.New("a change without images: the stream's view type must be NEW_AND_OLD_IMAGES")
	}
	ch.Expired = ch.After == nil && byTTL(r)
	return ch, nil
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
