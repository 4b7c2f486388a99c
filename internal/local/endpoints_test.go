package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"lethe/internal/engine"
	"lethe/internal/engine/enginetest"
)

// TestGivenEndpointsAreUsedInsteadOfEngines runs the command with engines that it didn't start, named by the environment.
func TestGivenEndpointsAreUsedInsteadOfEngines(t *testing.T) {
	t.Parallel()
	db, err := engine.StartDynamoDB(t.Context(), enginetest.Kind(), engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Stop)
	queues, err := engine.StartSQS(t.Context(), engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(queues.Stop)
	c := runCommand(t, t.TempDir(), "AWS_ENDPOINT_URL_DYNAMODB="+db.Endpoint, "AWS_ENDPOINT_URL_SQS="+queues.Endpoint,
		"AWS_ACCESS_KEY_ID=", "AWS_REGION=") // the engines' own, whatever the tests' environment says
	if c.dynamoDB != db.Endpoint {
		t.Errorf("it says that DynamoDB is %s, want %s", c.dynamoDB, db.Endpoint)
	}

	c.settle(t, "P30D", kind{"ticket", "cascade"})
	c.do(t, http.MethodPost, "/v1/customers", map[string]any{"id": "guest", "organisation": "Guests"}).want(t, http.StatusCreated, "")
	c.do(t, http.MethodDelete, customerPath("guest"), nil).want(t, http.StatusOK, "")
	c.do(t, http.MethodPost, customerPath("guest")+"/purge", map[string]any{"confirm": "guest"}).want(t, http.StatusAccepted, "")
	c.awaitCertificate(t, "guest") // through the queue

	found, err := dynamodb.NewFromConfig(engine.Config(db.Endpoint)).Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(stack + "Ledger")})
	if err != nil || found.Count == 0 {
		t.Errorf("the given DynamoDB has no certificate: %v", err)
	}
	_, err = sqs.NewFromConfig(engine.Config(queues.Endpoint)).GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String(stack + "Work")})
	if err != nil {
		t.Errorf("the given SQS has no queue: %v", err)
	}
	wantNoEngines(t, c, db, queues)
}

// wantNoEngines checks that none of the command's processes runs the program of an engine.
func wantNoEngines(t *testing.T, c commanded, engines ...*engine.Process) {
	t.Helper()
	if _, err := os.Stat("/proc/self/cmdline"); err != nil {
		t.Log("processes are looked for in /proc, which isn't there")
		return
	}
	family := descendants(t, c.process.Pid())
	t.Logf("the command has started %v", family)
	if len(family) == 0 {
		t.Error("not even the functions were found")
	}
	for _, e := range engines {
		runs := program(t, e.Pid())
		if runs == "" {
			t.Fatalf("%s is gone", e.Name)
		}
		for pid, started := range family {
			if program(t, pid) == runs {
				t.Errorf("the command has started %s, which is %s as %s is", started, runs, e.Name)
			}
		}
	}
}

// program returns the name of what a process runs: its executable, and the script if it is Node. It is empty if the process
// is gone.
func program(t *testing.T, pid int) string {
	t.Helper()
	line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	if err != nil {
		return ""
	}
	executable, arguments, _ := strings.Cut(string(line), "\x00")
	name := filepath.Base(executable)
	for argument := range strings.SplitSeq(arguments, "\x00") {
		if filepath.Ext(argument) == ".mjs" {
			return name + " " + filepath.Base(argument)
		}
	}
	return name
}
