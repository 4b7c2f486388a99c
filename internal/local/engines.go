package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"lethe/internal/engine"
)

// backend is an engine that this system started, or the endpoint of another one.
type backend struct {
	service string
	config  aws.Config
	process *engine.Process // nil for an endpoint
}

func startDynamoDB(ctx context.Context, o options, dir *folder, log *slog.Logger) (*backend, error) {
	if o.DynamoDBURL != "" {
		return &backend{service: "DynamoDB", config: foreignConfig(o.DynamoDBURL)}, nil
	}
	kind, err := engine.Choose(ctx, o.Engine)
	if err != nil {
		return nil, err
	}
	process, err := engine.StartDynamoDB(ctx, kind, engine.Options{Dir: dir.file(string(kind)), Log: log, Progress: o.Output})
	if err != nil {
		return nil, err
	}
	return &backend{service: "DynamoDB", config: engine.Config(process.Endpoint), process: process}, nil
}

func startSQS(ctx context.Context, o options, dir *folder, log *slog.Logger) (*backend, error) {
	if o.SQSURL != "" {
		return &backend{service: "SQS", config: foreignConfig(o.SQSURL)}, nil
	}
	process, err := engine.StartSQS(ctx, engine.Options{Dir: dir.file("fauxqs"), Log: log, Progress: o.Output})
	if err != nil {
		return nil, err
	}
	return &backend{service: "SQS", config: engine.Config(process.Endpoint), process: process}, nil
}

// foreignConfig returns the configuration for an endpoint of another engine, with the identity from the environment.
func foreignConfig(endpoint string) aws.Config {
	config := engine.Config(endpoint)
	if key := os.Getenv("AWS_ACCESS_KEY_ID"); key != "" {
		config.Credentials = credentials.NewStaticCredentialsProvider(key, os.Getenv("AWS_SECRET_ACCESS_KEY"), os.Getenv("AWS_SESSION_TOKEN"))
	}
	if region := os.Getenv("AWS_REGION"); region != "" {
		config.Region = region
	}
	return config
}

func (b *backend) endpoint() string { return aws.ToString(b.config.BaseEndpoint) }

func (b *backend) stop() {
	if b.process != nil {
		b.process.Stop()
	}
}

// done is closed when the engine has ended. For an endpoint it is never closed.
func (b *backend) done() <-chan struct{} {
	if b.process == nil {
		return nil
	}
	return b.process.Done()
}

func (b *backend) String() string {
	if b.process == nil {
		return fmt.Sprintf("%-9s %s, not started by this command", b.service, b.endpoint())
	}
	return fmt.Sprintf("%-9s %s, %s", b.service, b.endpoint(), b.process.Name)
}
