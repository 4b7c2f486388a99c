package dynamo

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/audit"
	"lethe/internal/customer"
)

type settings struct {
	PK        string `dynamodbav:"pk"`
	SK        string `dynamodbav:"sk"`
	Version   int64  `dynamodbav:"version"`
	Retention string `dynamodbav:"retention"`
	Kinds     []kind `dynamodbav:"kinds"`
	ChangedAt string `dynamodbav:"changedAt,omitempty"`
	ChangedBy string `dynamodbav:"changedBy,omitempty"`
}

type kind struct {
	Name   string   `dynamodbav:"name"`
	Policy string   `dynamodbav:"policy"`
	Keep   []string `dynamodbav:"keep,omitempty"`
	For    string   `dynamodbav:"for,omitempty"`
}

// Settings reads the settings. Version 0 means that none are stored.
func (t *Table) Settings(ctx context.Context) (customer.Settings, error) {
	it, err := t.get(ctx, settingsPK, settingsSK)
	if err != nil {
		return customer.Settings{}, fmt.Errorf("dynamo: read settings: %w", err)
	}
	if it == nil {
		return customer.Settings{}, nil
	}
	var s settings
	if err := attributevalue.UnmarshalMap(it, &s); err != nil {
		return customer.Settings{}, fmt.Errorf("dynamo: decode settings: %w", err)
	}
	return s.decode()
}

// PutSettings replaces the settings of this version and logs it; [customer.ErrVersion] if the stored version is another.
func (t *Table) PutSettings(ctx context.Context, s customer.Settings, logged audit.Entry) (customer.Settings, error) {
	was := s.Version
	s.Version++
	change, err := replacement(t.Name, encodeSettings(s), was)
	if err != nil {
		return customer.Settings{}, fmt.Errorf("dynamo: encode settings: %w", err)
	}
	made, err := t.commitLogged(ctx, change, logged)
	if err != nil {
		return customer.Settings{}, fmt.Errorf("dynamo: put settings: %w", err)
	}
	if !made {
		return customer.Settings{}, customer.ErrVersion
	}
	return s, nil
}

func encodeSettings(s customer.Settings) settings {
	out := settings{PK: settingsPK, SK: settingsSK, Version: s.Version, Retention: s.Retention.String(), Kinds: []kind{}, ChangedBy: s.Changed.By}
	if !s.Changed.At.IsZero() {
		out.ChangedAt = formatTime(s.Changed.At)
	}
	for _, k := range s.Kinds {
		out.Kinds = append(out.Kinds, kind{k.Name, string(k.Policy), k.Keep, k.For.String()})
	}
	return out
}

func (s settings) decode() (customer.Settings, error) {
	retention, err := customer.ParsePeriod(s.Retention)
	if err != nil {
		return customer.Settings{}, fmt.Errorf("dynamo: decode settings: %w", err)
	}
	at, err := parseTime(s.ChangedAt)
	if err != nil {
		return customer.Settings{}, fmt.Errorf("dynamo: decode settings: %w", err)
	}
	out := customer.Settings{Version: s.Version, Retention: retention, Changed: customer.Changed{At: at, By: s.ChangedBy}}
	for _, k := range s.Kinds {
		keepFor, err := customer.ParsePeriod(k.For)
		if err != nil {
			return customer.Settings{}, fmt.Errorf("dynamo: decode settings: %w", err)
		}
		out.Kinds = append(out.Kinds, customer.Kind{Name: k.Name, Policy: customer.Policy(k.Policy), Keep: k.Keep, For: keepFor})
	}
	return out, nil
}

// Acquire takes or extends a lease; [customer.ErrLeased] if another holder has it.
func (t *Table) Acquire(ctx context.Context, name, holder string, now, until time.Time) error {
	_, err := t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &t.Name, Key: keyOf(settingsPK, leaseSK(name)),
		UpdateExpression:         aws.String("SET holder = :h, #u = :u"),
		ConditionExpression:      aws.String("attribute_not_exists(pk) OR #u < :n OR holder = :h"),
		ExpressionAttributeNames: map[string]string{"#u": "until"},
		ExpressionAttributeValues: item{
			":h": &types.AttributeValueMemberS{Value: holder},
			":u": &types.AttributeValueMemberS{Value: formatTime(until)},
			":n": &types.AttributeValueMemberS{Value: formatTime(now)},
		},
	})
	if _, failed := failedCondition(err); failed {
		return customer.ErrLeased
	}
	return err
}

// Release ends the holder's lease. It does nothing if another holder has it.
func (t *Table) Release(ctx context.Context, name, holder string) error {
	_, err := t.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &t.Name, Key: keyOf(settingsPK, leaseSK(name)),
		ConditionExpression:       aws.String("holder = :h"),
		ExpressionAttributeValues: item{":h": &types.AttributeValueMemberS{Value: holder}},
	})
	if _, failed := failedCondition(err); failed {
		return nil
	}
	return err
}
