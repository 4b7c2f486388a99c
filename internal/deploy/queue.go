package deploy

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"lethe/internal/template"
)

// Made is a queue of the engine.
type Made struct{ Name, URL, ARN string }

// Queues creates the queues with the names that name returns, sets their attributes, and returns them by logical id. An
// existing queue keeps its messages.
func Queues(ctx context.Context, client *sqs.Client, declared []template.Queue, name func(id string) string) (map[string]Made, error) {
	made := map[string]Made{}
	for _, queue := range declared {
		one, err := makeQueue(ctx, client, name(queue.ID))
		if err != nil {
			return nil, fmt.Errorf("create queue %s: %w", name(queue.ID), err)
		}
		made[queue.ID] = one
	}
	for _, queue := range declared {
		if err := configure(ctx, client, queue, made); err != nil {
			return nil, fmt.Errorf("configure queue %s: %w", name(queue.ID), err)
		}
	}
	return made, nil
}

func makeQueue(ctx context.Context, client *sqs.Client, name string) (Made, error) {
	created, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name})
	if err != nil {
		return Made{}, err
	}
	attributes, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: created.QueueUrl, AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameQueueArn},
	})
	if err != nil {
		return Made{}, err
	}
	return Made{Name: name, URL: aws.ToString(created.QueueUrl), ARN: attributes.Attributes[string(types.QueueAttributeNameQueueArn)]}, nil
}

// configure sets the attributes of a queue. All queues must exist: an attribute may name another queue.
func configure(ctx context.Context, client *sqs.Client, queue template.Queue, made map[string]Made) error {
	attributes := map[string]string{
		string(types.QueueAttributeNameVisibilityTimeout):      wholeSeconds(queue.Visibility),
		string(types.QueueAttributeNameMessageRetentionPeriod): wholeSeconds(queue.Retention),
		string(types.QueueAttributeNameDelaySeconds):           wholeSeconds(queue.Delay),
	}
	if queue.DeadLetters != "" {
		redrive, err := json.Marshal(map[string]string{
			"deadLetterTargetArn": made[queue.DeadLetters].ARN, "maxReceiveCount": strconv.Itoa(queue.MaxReceives),
		})
		if err != nil {
			return err
		}
		attributes[string(types.QueueAttributeNameRedrivePolicy)] = string(redrive)
	}
	_, err := client.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: aws.String(made[queue.ID].URL), Attributes: attributes})
	return err
}

func wholeSeconds(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }
