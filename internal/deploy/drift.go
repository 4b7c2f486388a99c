package deploy

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/template"
)

// Described is a table of the engine.
type Described struct{ ARN, StreamARN string }

// Describe describes the table of the name. It is an error if the keys or indexes differ from the declared ones, because
// the template has changed since the table was created.
func Describe(ctx context.Context, client *dynamodb.Client, declared template.Table, name string) (Described, error) {
	output, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &name})
	if err != nil {
		return Described{}, fmt.Errorf("describe table %s: %w", name, err)
	}
	want := outline(tableInput(declared, name))
	indexes := make([]types.GlobalSecondaryIndex, 0, len(output.Table.GlobalSecondaryIndexes))
	for _, index := range output.Table.GlobalSecondaryIndexes {
		indexes = append(indexes, types.GlobalSecondaryIndex{IndexName: index.IndexName, KeySchema: index.KeySchema, Projection: index.Projection})
	}
	got := outline(&dynamodb.CreateTableInput{KeySchema: output.Table.KeySchema, GlobalSecondaryIndexes: indexes})
	if !slices.Equal(got, want) {
		return Described{}, fmt.Errorf("table %s is not as the template declares it: it has %q, the template declares %q", name, got, want)
	}
	return Described{ARN: aws.ToString(output.Table.TableArn), StreamARN: aws.ToString(output.Table.LatestStreamArn)}, nil
}

// outline returns the properties that cannot change on an existing table, as texts to compare.
func outline(in *dynamodb.CreateTableInput) []string {
	lines := []string{"keys " + keyNames(in.KeySchema)}
	for _, index := range in.GlobalSecondaryIndexes {
		included := slices.Sorted(slices.Values(index.Projection.NonKeyAttributes))
		lines = append(lines, fmt.Sprint("index ", aws.ToString(index.IndexName), " ", keyNames(index.KeySchema), " ", index.Projection.ProjectionType, " ", included))
	}
	slices.Sort(lines[1:])
	return lines
}

func keyNames(schema []types.KeySchemaElement) string {
	var names strings.Builder
	for _, key := range schema {
		fmt.Fprintf(&names, "%s:%s ", key.KeyType, aws.ToString(key.AttributeName))
	}
	return names.String()
}
