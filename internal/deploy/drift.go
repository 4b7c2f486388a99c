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

// Described is a table as it is at the engine.
type Described struct{ ARN, StreamARN string }

// Describe returns what a table of the name is. One whose keys or indexes are not those declared, because the
// template has changed since it was made, is an error.
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
		return Described{}, fmt.Errorf("table %s is not as the template declares it: it has %q, declared is %q", name, got, want)
	}
	return Described{ARN: aws.ToString(output.Table.TableArn), StreamARN: aws.ToString(output.Table.LatestStreamArn)}, nil
}

// outline is what cannot be changed on a living table, in words that can be compared.
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
