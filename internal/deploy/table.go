// Package deploy creates on an engine the tables and queues that the template declares, as CloudFormation
// does on AWS.
package deploy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/template"
)

// Table creates a table of the given name with its keys, indexes, stream and TTL.
// created is false if the table exists; its keys, indexes and stream are left as they are.
func Table(ctx context.Context, client *dynamodb.Client, declared template.Table, name string) (created bool, err error) {
	_, err = client.CreateTable(ctx, tableInput(declared, name))
	if _, exists := errors.AsType[*types.ResourceInUseException](err); exists {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("create table %s: %w", name, err)
	}
	if declared.TTL == "" {
		return true, nil
	}
	_, err = client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName:               &name,
		TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: &declared.TTL, Enabled: aws.Bool(true)},
	})
	if err != nil {
		return true, fmt.Errorf("enable TTL of table %s: %w", name, err)
	}
	return true, nil
}

func tableInput(declared template.Table, name string) *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest, KeySchema: keySchema(declared.Keys),
	}
	for _, attribute := range slices.Sorted(maps.Keys(declared.Attributes)) {
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{
			AttributeName: aws.String(attribute), AttributeType: types.ScalarAttributeType(declared.Attributes[attribute]),
		})
	}
	for _, idx := range declared.Indexes {
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: aws.String(idx.Name), KeySchema: keySchema(idx.Keys),
			Projection: &types.Projection{ProjectionType: types.ProjectionType(idx.Projection), NonKeyAttributes: idx.Include},
		})
	}
	if declared.Stream != "" {
		in.StreamSpecification = &types.StreamSpecification{
			StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewType(declared.Stream),
		}
	}
	return in
}

func keySchema(k template.Keys) []types.KeySchemaElement {
	schema := []types.KeySchemaElement{{AttributeName: aws.String(k.Hash), KeyType: types.KeyTypeHash}}
	if k.Range != "" {
		schema = append(schema, types.KeySchemaElement{AttributeName: aws.String(k.Range), KeyType: types.KeyTypeRange})
	}
	return schema
}
