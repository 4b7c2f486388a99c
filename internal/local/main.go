// Command local runs all of Lethe on one machine, as template.yaml declares it: the real function binaries,
// hosted as on Lambda, with engines that have the protocols of DynamoDB and SQS.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"lethe/internal/child"
	"lethe/internal/local/demo"
)

func main() {
	if err := command(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "lethe:", err)
		os.Exit(1)
	}
}

// command runs until a signal asks it to stop. A second signal ends it at once; the kernel ends its children.
func command(args []string) error {
	options, err := parse(args, os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := child.Supported(); err != nil {
		return err
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	context.AfterFunc(ctx, cancel)
	options.Output = os.Stdout
	options.DynamoDBURL = os.Getenv("AWS_ENDPOINT_URL_DYNAMODB")
	options.SQSURL = os.Getenv("AWS_ENDPOINT_URL_SQS")
	options.Load = demo.Load
	return run(ctx, options)
}

// run starts the system, shows what there is to try, and waits until ctx or one of the engines ends.
func run(ctx context.Context, options options) error {
	system, err := start(ctx, options)
	if err != nil {
		if ctx.Err() != nil {
			return nil // stopped before it was up
		}
		return err
	}
	defer func() {
		fmt.Fprintln(options.Output, "Stopping ...")
		system.stop()
	}()
	system.introduce(options.Output)
	return system.wait(ctx)
}
