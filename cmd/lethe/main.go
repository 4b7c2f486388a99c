// Command lethe has tools for operators and auditors of Lethe.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Exit codes of the commands.
const (
	exitClean    = 0
	exitFindings = 1 // something is wrong
	exitFailed   = 2 // the command failed
)

// command is a command of lethe.
type command struct {
	name, summary string
	run           func(ctx context.Context, args []string, std stdio) (exit int, err error)
}

var commands = []command{
	{"verify", "verify the history of certificates", runVerify},
	{"fsck", "check the tables for errors, and repair them", runFsck},
}

// stdio holds the standard streams of a command.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	exit := run(ctx, os.Args[1:], stdio{os.Stdin, os.Stdout, os.Stderr})
	cancel()
	os.Exit(exit)
}

func run(ctx context.Context, args []string, std stdio) int {
	if len(args) == 0 || args[0] == "-h" || args[0] == "-help" || args[0] == "--help" || args[0] == "help" {
		if len(args) == 0 {
			usage(std.err)
			return exitFailed
		}
		usage(std.out)
		return exitClean
	}
	for _, c := range commands {
		if c.name != args[0] {
			continue
		}
		exit, err := c.run(ctx, args[1:], std)
		if err != nil && !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintf(std.err, "lethe %s: %v\n", c.name, err)
		}
		return exit
	}
	fmt.Fprintf(std.err, "lethe: unknown command %q\n\n", args[0])
	usage(std.err)
	return exitFailed
}

func usage(w io.Writer) {
	fmt.Fprint(w, "Usage: go run ./cmd/lethe COMMAND [options]\n\nCommands:\n")
	for _, c := range commands {
		fmt.Fprintf(w, "  %-8s %s\n", c.name, c.summary)
	}
	fmt.Fprint(w, "\n`go run ./cmd/lethe COMMAND --help` lists the options.\n")
}
