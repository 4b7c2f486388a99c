package engine_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"lethe/internal/engine"
	"lethe/internal/engine/enginetest"
)

// createTable makes a table with an index. No item of these tests has the index's key.
func createTable(t *testing.T, client *dynamodb.Client, name string) string {
	t.Helper()
	created, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName:   &name,
		BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("pk"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("day"), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash}},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName: aws.String("days"), Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly},
			KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("day"), KeyType: types.KeyTypeHash}},
		}},
		StreamSpecification: &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.UpdateTimeToLive(t.Context(), &dynamodb.UpdateTimeToLiveInput{
		TableName:               &name,
		TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("ttl"), Enabled: aws.Bool(true)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(created.TableDescription.LatestStreamArn)
}

func put(t *testing.T, client *dynamodb.Client, table, pk string, ttl time.Time) {
	t.Helper()
	_, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: map[string]types.AttributeValue{
		"pk":  &types.AttributeValueMemberS{Value: pk},
		"ttl": &types.AttributeValueMemberN{Value: strconv.FormatInt(ttl.Unix(), 10)},
	}})
	if err != nil {
		t.Fatal(err)
	}
}

func TestDynamoDBExpiresItemsWithStreamRecords(t *testing.T) {
	t.Parallel()
	config := enginetest.DynamoDB(t)
	client := dynamodb.NewFromConfig(config)
	table := "EngineExpiry-" + rand.Text()[:8]
	stream := createTable(t, client, table)
	put(t, client, table, "later", time.Now().Add(time.Hour))
	put(t, client, table, "due", time.Now().Add(-time.Minute)) // last: it may expire at once

	process := enginetest.DynamoDBEngine(t)
	began := time.Now()
	waitFor(t, 90*time.Second, func() (bool, error) {
		if enginetest.Kind() == engine.Dynoxide {
			if _, err := process.SweepTTL(t.Context()); err != nil {
				return false, err
			}
		}
		scan, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(table)})
		return err == nil && scan.Count == 1, err
	})
	t.Logf("expired after %s", time.Since(began))
	removed := lastRecord(t, dynamodbstreams.NewFromConfig(config), stream)
	if !engine.IsExpiry(removed) || removed.Dynamodb.OldImage["pk"].(*streamtypes.AttributeValueMemberS).Value != "due" {
		t.Errorf("last record of the stream is %s of %v by %v, want the expiry of due", removed.EventName, removed.Dynamodb.OldImage, removed.UserIdentity)
	}

	_, err := client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
		TableName: aws.String(table), Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: "later"}}})
	if err != nil {
		t.Fatal(err)
	}
	removed = lastRecord(t, dynamodbstreams.NewFromConfig(config), stream)
	if engine.IsExpiry(removed) || removed.EventName != streamtypes.OperationTypeRemove {
		t.Errorf("last record of the stream is %s by %v, want an ordinary REMOVE", removed.EventName, removed.UserIdentity)
	}
}

func lastRecord(t *testing.T, client *dynamodbstreams.Client, stream string) streamtypes.Record {
	t.Helper()
	records := recordsOf(t, client, stream)
	if len(records) == 0 {
		t.Fatal("the stream has no records")
	}
	return records[len(records)-1]
}

func recordsOf(t *testing.T, client *dynamodbstreams.Client, stream string) (all []streamtypes.Record) {
	t.Helper()
	described, err := client.DescribeStream(t.Context(), &dynamodbstreams.DescribeStreamInput{StreamArn: &stream})
	if err != nil {
		t.Fatal(err)
	}
	for _, shard := range described.StreamDescription.Shards {
		iterator, err := client.GetShardIterator(t.Context(), &dynamodbstreams.GetShardIteratorInput{
			StreamArn: &stream, ShardId: shard.ShardId, ShardIteratorType: streamtypes.ShardIteratorTypeTrimHorizon})
		if err != nil {
			t.Fatal(err)
		}
		records, err := client.GetRecords(t.Context(), &dynamodbstreams.GetRecordsInput{ShardIterator: iterator.ShardIterator})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, records.Records...)
	}
	return all
}

func TestDynamoDBPersistsInAFolder(t *testing.T) {
	t.Parallel()
	options := engine.Options{Dir: t.TempDir()}
	first := startDynamoDB(t, options)
	createTable(t, dynamodb.NewFromConfig(engine.Config(first.Endpoint)), "Kept")
	first.Stop()
	first.Stop()

	second := startDynamoDB(t, options)
	tables, err := dynamodb.NewFromConfig(engine.Config(second.Endpoint)).ListTables(t.Context(), nil)
	if err != nil || len(tables.TableNames) != 1 {
		t.Errorf("tables after a restart: %v, %v; want the one created before", tables, err)
	}
}

func startDynamoDB(t *testing.T, options engine.Options) *engine.Process {
	t.Helper()
	process, err := engine.StartDynamoDB(t.Context(), enginetest.Kind(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(process.Stop)
	return process
}

func TestSQSPersistsInAFolder(t *testing.T) {
	t.Parallel()
	options := engine.Options{Dir: t.TempDir()}
	first, client := startSQS(t, options)
	created, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("work")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: created.QueueUrl, MessageBody: aws.String("hello")}); err != nil {
		t.Fatal(err)
	}
	first.Stop()

	_, client = startSQS(t, options)
	queue, err := client.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("work")})
	if err != nil {
		t.Fatal(err)
	}
	received, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl})
	if err != nil || len(received.Messages) != 1 || aws.ToString(received.Messages[0].Body) != "hello" {
		t.Errorf("received %+v, %v after a restart; want the message sent before", received, err)
	}
}

func startSQS(t *testing.T, options engine.Options) (*engine.Process, *sqs.Client) {
	t.Helper()
	process, err := engine.StartSQS(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(process.Stop)
	return process, sqs.NewFromConfig(engine.Config(process.Endpoint))
}

func TestUnknownEngine(t *testing.T) {
	t.Parallel()
	_, err := engine.StartDynamoDB(t.Context(), "oracle", engine.Options{})
	if err == nil || !strings.Contains(err.Error(), `"oracle"`) {
		t.Errorf("starting an unknown engine: %v, want an error that names it", err)
	}
}

// TestMain turns the test binary into the parent that TestEnginesDieWithTheirParent kills.
func TestMain(m *testing.M) {
	if os.Getenv("LETHE_TEST_PARENT") != "" {
		beKilled()
	}
	os.Exit(m.Run())
}

func beKilled() {
	for _, start := range []func() (*engine.Process, error){
		func() (*engine.Process, error) { return engine.StartSQS(context.Background(), engine.Options{}) },
		func() (*engine.Process, error) {
			return engine.StartDynamoDB(context.Background(), enginetest.Kind(), engine.Options{})
		},
	} {
		process, err := start()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(process.Pid())
	}
	os.Stdout.Close()
	select {}
}

func TestEnginesDieWithTheirParent(t *testing.T) {
	if _, err := os.Stat("/proc/self"); err != nil {
		t.Skip("the parent-death signal is Linux's")
	}
	t.Parallel()
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), "LETHE_TEST_PARENT=1")
	parent.Stderr = os.Stderr
	output, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	var engines [2]int
	for i := range engines {
		if _, err := fmt.Fscanln(output, &engines[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := parent.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()
	for _, pid := range engines {
		waitFor(t, 10*time.Second, func() (bool, error) { return gone(pid), nil })
	}
}

// gone reports whether the process has ended. A zombie has.
func gone(pid int) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	return err != nil || strings.Contains(string(stat), ") Z ")
}

func waitFor(t *testing.T, limit time.Duration, condition func() (bool, error)) {
	t.Helper()
	for deadline := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		ok, err := condition()
		if ok {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Fatalf("the condition does not hold after %s", limit)
		}
	}
}
