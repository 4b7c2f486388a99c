// Command bootstrap is a function that behaves as its event says.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type event struct {
	Do string
	N  int
	// Started and Release are files: the handler creates Started and waits for Release.
	Started, Release string
}

type answer struct {
	Pid         int
	Environment []string
	Remaining   time.Duration
	RequestID   string
	Text        string
}

var calls int

func main() {
	if os.Getenv("INIT") == "exit" {
		log.Fatal("no configuration")
	}
	if os.Getenv("INIT") == "error" {
		url := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/init/error"
		body := strings.NewReader(`{"errorType":"BadConfig","errorMessage":"no table"}`)
		if _, err := http.Post(url, "application/json", body); err != nil {
			log.Fatal(err)
		}
		os.Exit(1)
	}
	lambda.Start(handle)
}

func handle(ctx context.Context, e event) (answer, error) {
	calls++
	if e.Started != "" {
		if err := os.WriteFile(e.Started, nil, 0o600); err != nil {
			return answer{}, err
		}
	}
	for e.Release != "" {
		if _, err := os.Stat(e.Release); err == nil {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	switch e.Do {
	case "fail":
		return answer{}, errors.New("as told")
	case "panic":
		panic("as told")
	case "exit":
		os.Exit(3)
	case "hang":
		select {}
	case "print":
		fmt.Println("a line")
	case "fill":
		return answer{Text: strings.Repeat("x", e.N)}, nil
	}
	deadline, _ := ctx.Deadline()
	request, _ := lambdacontext.FromContext(ctx)
	return answer{Pid: os.Getpid(), Environment: os.Environ(), Remaining: time.Until(deadline), RequestID: request.AwsRequestID, Text: fmt.Sprint("call ", calls)}, nil
}
