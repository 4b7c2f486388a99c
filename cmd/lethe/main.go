// Command lethe is for those who look after a Lethe, or audit one, from a terminal.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
)

// command is one thing that can be done. It returns the exit code.
type command struct {
	name    string
	summary string
	run     func(ctx context.Context, args []string, out, diagnostics io.Writer) int
}

var commands = []command{
	{"verify", "verify the history of certificates", verify},
}

// Exit codes of all commands.
const (
	exitOK     = 0
	exitBroken = 1 // something is wrong with what was looked at
	exitFailed = 2 // it could not be looked at
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, out, diagnostics io.Writer) int {
	if len(args) > 0 {
		for _, c := range commands {
			if c.name == args[0] {
				return c.run(ctx, args[1:], out, diagnostics)
			}
		}
	}
	if len(args) > 0 && (args[0] == "--help" || args[0] == "-h" || args[0] == "help") {
		usage(out)
		return exitOK
	}
	usage(diagnostics)
	return exitFailed
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "usage: lethe COMMAND [OPTIONS]; lethe COMMAND --help tells more")
	for _, c := range commands {
		fmt.Fprintf(w, "  %-8s %s\n", c.name, c.summary)
	}
}
