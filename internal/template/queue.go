package template

import "time"

// Queue is a standard SQS queue.
type Queue struct {
	ID         string
	Visibility time.Duration // how long a received message is hidden from others
	Retention  time.Duration // how long a message is kept
	Delay      time.Duration
	// DeadLetters is the queue for a message that was received MaxReceives times, "" for no such queue.
	DeadLetters string
	MaxReceives int
}

// SQS's own defaults.
const (
	defaultVisibility = 30
	defaultRetention  = 4 * 24 * 60 * 60
)

func (p *parser) readQueue(id string, properties *object) {
	properties.ignore("SqsManagedSseEnabled", "KmsMasterKeyId", "Tags")
	queue := Queue{
		ID:         id,
		Visibility: seconds(properties.int("VisibilityTimeout", defaultVisibility)),
		Retention:  seconds(properties.int("MessageRetentionPeriod", defaultRetention)),
		Delay:      seconds(properties.int("DelaySeconds", 0)),
	}
	if properties.has("RedrivePolicy") {
		redrive := properties.object("RedrivePolicy")
		queue.DeadLetters = redrive.reference("deadLetterTargetArn", "AWS::SQS::Queue", "Arn")
		queue.MaxReceives = redrive.int("maxReceiveCount", 0)
		redrive.close()
	}
	properties.close()
	p.template.Queues = append(p.template.Queues, queue)
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }
