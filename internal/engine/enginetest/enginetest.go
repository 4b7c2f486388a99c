// Package enginetest gives tests an engine of DynamoDB or SQS. A test binary has one process of each at most,
// started by the first test that asks, in memory, and gone when the test binary ends, however it ends. Tests
// share it: each names its tables and queues so that no other test's are touched.
package enginetest

import (
	"context"
	"os"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"lethe/internal/engine"
)

// Kind is the engine of DynamoDB that tests run on: LETHE_ENGINE, by default the one that the machine can run. Where it
// can run none, starting it says why.
var Kind = sync.OnceValue(func() engine.Kind {
	if kind := os.Getenv("LETHE_ENGINE"); kind != "" {
		return engine.Kind(kind)
	}
	kind, err := engine.Choose(context.Background(), engine.Automatic)
	if err != nil {
		return engine.Automatic
	}
	return kind
})

var dynamoDB = sync.OnceValues(func() (*engine.Process, error) {
	return engine.StartDynamoDB(context.Background(), Kind(), engine.Options{Progress: os.Stderr})
})

var sqs = sync.OnceValues(func() (*engine.Process, error) {
	return engine.StartSQS(context.Background(), engine.Options{Progress: os.Stderr})
})

// DynamoDB returns the configuration for clients of the test binary's engine (DynamoDB and its streams).
func DynamoDB(t testing.TB) aws.Config {
	t.Helper()
	return engine.Config(DynamoDBEngine(t).Endpoint)
}

// DynamoDBEngine returns the engine itself, for its TTL sweep.
func DynamoDBEngine(t testing.TB) *engine.Process {
	t.Helper()
	process, err := dynamoDB()
	if err != nil {
		t.Fatalf("engine of DynamoDB: %v", err)
	}
	return process
}

// SQS returns the configuration for clients of the test binary's engine of SQS.
func SQS(t testing.TB) aws.Config {
	t.Helper()
	process, err := sqs()
	if err != nil {
		t.Fatalf("engine of SQS: %v", err)
	}
	return engine.Config(process.Endpoint)
}
