package engine_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"lethe/internal/engine"
	"lethe/internal/engine/enginetest"
)

func TestTrimmedStreamsLeaveNothingInTheFiles(t *testing.T) {
	t.Parallel()
	if enginetest.Kind() != engine.Dynoxide {
		t.Skip("it trims its streams by itself, if at all")
	}
	const secret, age = "charon@styx.example", 2 * time.Second
	options := engine.Options{Dir: t.TempDir()}
	process := startDynamoDB(t, options)
	config := engine.Config(process.Endpoint)
	client, streams, table := dynamodb.NewFromConfig(config), dynamodbstreams.NewFromConfig(config), "Trimmed"
	stream := createTable(t, client, table)
	put(t, client, table, secret, time.Now().Add(time.Hour))
	put(t, client, table, "stays", time.Now().Add(time.Hour))
	remove(t, client, table, secret)
	if !contain(t, options.Dir, secret) {
		t.Fatal("the files don't hold what was written: it is looked for in vain")
	}
	if trimmed := trim(t, process, time.Hour); trimmed != 0 || lastRecord(t, streams, stream).EventName != streamtypes.OperationTypeRemove {
		t.Errorf("%d records younger than the age were trimmed", trimmed)
	}

	waitFor(t, 10*time.Second, func() (bool, error) { return trim(t, process, age) > 0, nil }) // the clock of records has seconds
	trim(t, process, 0)
	if contain(t, options.Dir, secret) {
		t.Error("the files still hold what was deleted")
	}
	if !contain(t, options.Dir, "stays") {
		t.Error("the files don't hold any more what wasn't deleted")
	}
	wantGoesOn(t, process, stream, table)
}

// wantGoesOn checks that a reader at the end of the stream gets the next write, and that another reader gets no more than that.
func wantGoesOn(t *testing.T, process *engine.Process, stream, table string) {
	t.Helper()
	config := engine.Config(process.Endpoint)
	put(t, dynamodb.NewFromConfig(config), table, "next", time.Now().Add(time.Hour))
	records := recordsOf(t, dynamodbstreams.NewFromConfig(config), stream)
	if len(records) != 1 || aws.ToString(records[0].Dynamodb.SequenceNumber) != "4" {
		t.Fatalf("after three records that are trimmed the stream has %+v, want one with number 4", records)
	}
	if trimmed := trim(t, process, time.Hour); trimmed != 0 {
		t.Errorf("%d records were trimmed again", trimmed)
	}
}

func trim(t *testing.T, process *engine.Process, age time.Duration) int {
	t.Helper()
	trimmed, err := process.TrimStreams(t.Context(), age)
	if err != nil {
		t.Fatal(err)
	}
	return trimmed
}

func remove(t *testing.T, client *dynamodb.Client, table, pk string) {
	t.Helper()
	_, err := client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
		TableName: &table, Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: pk}}})
	if err != nil {
		t.Fatal(err)
	}
}

// contain reports whether any file of the folder has the text.
func contain(t *testing.T, dir, text string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("files of %s: %v, %v", dir, files, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte(text)) {
			return true
		}
	}
	return false
}

func TestAnEngineWithoutAFileTrimsItself(t *testing.T) {
	t.Parallel()
	process, _ := startSQS(t, engine.Options{})
	if _, err := process.TrimStreams(t.Context(), 0); !errors.Is(err, engine.ErrTrimsItself) {
		t.Errorf("error is %v, want %v", err, engine.ErrTrimsItself)
	}
}
