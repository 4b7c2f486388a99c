// Command coldstart measures how long each function takes from its exec to its first request for an event, as a
// multiple of what a function takes that has the same AWS clients and nothing else. It prints the sizes of the
// binaries, too.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"text/tabwriter"
	"time"
)

func main() {
	if err := command(os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "coldstart:", err)
		os.Exit(1)
	}
}

func command(args []string) error {
	flags := flag.NewFlagSet("coldstart", flag.ContinueOnError)
	rounds := flags.Int("rounds", 200, "`times` to start each function; the medians are shown")
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	dir, err := os.MkdirTemp("", "lethe-coldstart-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	functions, err := build(ctx, dir)
	if err != nil {
		return err
	}
	if err := measure(ctx, functions, *rounds); err != nil {
		return err
	}
	return show(os.Stdout, functions, *rounds)
}

// measure starts the functions in turns, in another order each round, so that other load on the machine affects all of
// them alike.
func measure(ctx context.Context, functions []*function, rounds int) error {
	runtime, err := newRuntimeAPI()
	if err != nil {
		return err
	}
	defer runtime.close()
	for round := range rounds {
		for i := range functions {
			f := functions[(i+round)%len(functions)]
			if err := runtime.start(ctx, f); err != nil {
				return fmt.Errorf("start function %s: %w", f.name, err)
			}
		}
	}
	return nil
}

func show(output io.Writer, functions []*function, rounds int) error {
	table := tabwriter.NewWriter(output, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "function\texec to first /next\tprocessor time\tMB\t")
	bare := functions[0]
	for _, f := range functions {
		fmt.Fprintf(table, "%s\t%.2f (%.1f ms)\t%.2f (%.1f ms)\t%.1f\t\n", f.name,
			median(f.waits)/median(bare.waits), median(f.waits), median(f.processor)/median(bare.processor), median(f.processor), float64(f.size)/1e6)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(output, "\nMultiples of what the bare function takes, medians of %d starts in turns. The files are in memory, as after a first start.\n", rounds)
	return err
}

// median returns the median in milliseconds.
func median(times []time.Duration) float64 {
	sorted := slices.Sorted(slices.Values(times))
	return float64(sorted[len(sorted)/2]) / float64(time.Millisecond)
}
