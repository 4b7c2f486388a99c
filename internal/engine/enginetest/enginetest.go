// Package enginetest gives tests an engine of DynamoDB or SQS, in memory. A test binary has at most one process of each.
// The first test that asks starts it, and it ends with the test binary, however that ends. Tests
// share it: each uses names of its own for tables and queues.
package enginetest

import (
	"context"
	"crypto/rand"
	"os"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"lethe/internal/engine"
)

// Kind returns the engine of DynamoDB for tests: LETHE_ENGINE, by default the one that the machine can run. If it can run
// none, the start of the engine fails with the reason.
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

// DynamoDB returns the configuration for clients of the test binary's engine (DynamoDB and its streams). In DynamoDB Local
// the access key chooses a database. Each call has one of its own, which keeps it small: with each write this engine reads
// all the streams of a database.
func DynamoDB(t testing.TB) aws.Config {
	t.Helper()
	cfg := engine.Config(DynamoDBEngine(t).Endpoint)
	if Kind() == engine.DynamoDBLocal {
		cfg.Credentials = credentials.NewStaticCredentialsProvider(rand.Text(), engine.SecretKey, "")
	}
	return cfg
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
