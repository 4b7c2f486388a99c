package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"lethe/internal/deploy"
	"lethe/internal/template"
)

// stack is the prefix of the names of tables and queues, like the stack's name on AWS.
const stack = "lethe-"

// resources are the tables and queues of the template, by logical id.
type resources struct {
	Tables map[string]table
	Queues map[string]deploy.Made
	// New is true if a table was created.
	New bool
}

type table struct {
	Name string
	deploy.Described
}

// deployResources creates the missing tables and queues of the template.
func deployResources(ctx context.Context, o options, declared *template.Template, db *dynamodb.Client, queues *sqs.Client) (*resources, error) {
	made := &resources{Tables: map[string]table{}}
	for _, t := range declared.Tables {
		name := stack + t.ID
		created, err := deploy.Table(ctx, db, t, name)
		if err != nil {
			return nil, err
		}
		described, err := deploy.Describe(ctx, db, t, name)
		if err != nil {
			return nil, fmt.Errorf(`%w; to start over with empty tables: make run ARGS="--reset"`, err)
		}
		made.New = made.New || created
		made.Tables[t.ID] = table{Name: name, Described: described}
	}
	if o.Visibility > 0 {
		for i := range declared.Queues {
			declared.Queues[i].Visibility = o.Visibility
		}
	}
	var err error
	made.Queues, err = deploy.Queues(ctx, queues, declared.Queues, func(id string) string { return stack + id })
	return made, err
}

// lookup returns the value of a reference in the template.
func (r *resources) lookup(reference template.Reference) (string, error) {
	if t, found := r.Tables[reference.Resource]; found {
		switch reference.Attribute {
		case "":
			return t.Name, nil
		case "Arn":
			return t.ARN, nil
		case "StreamArn":
			return t.StreamARN, nil
		}
	}
	if q, found := r.Queues[reference.Resource]; found {
		switch reference.Attribute {
		case "":
			return q.URL, nil
		case "Arn":
			return q.ARN, nil
		case "QueueName":
			return q.Name, nil
		}
	}
	return "", fmt.Errorf("%s.%s of the template is not known on one machine: use a table (!Ref, Arn, StreamArn) or a queue (!Ref, Arn, QueueName)",
		reference.Resource, reference.Attribute)
}
