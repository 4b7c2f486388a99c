// Command bench measures Lethe beside others, in one run on one machine: beside a loop over the AWS SDK as one writes it
// by hand, PocketBase and PostgreSQL. It prints ratios; what they mean is said below the table.
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

	"golang.org/x/sys/unix"
)

func main() {
	if err := command(os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// size is how much there is of everything.
type size struct {
	Customers int // all of them
	Crowd     int // of these are deleted and purged together ...
	Each      int // ... and have so many records each
	Heavy     int // records of one more customer
	Rounds    int
}

var (
	full  = size{Customers: 100_000, Crowd: 1000, Each: 50, Heavy: 10_000, Rounds: 3}
	small = size{Customers: 2000, Crowd: 20, Each: 50, Heavy: 500, Rounds: 2}
)

const pageSize = 50

// farPage is the number of the page in the middle of the list.
func (s size) farPage() int { return s.Customers / 2 / pageSize }

func command(args []string) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	smaller := flags.Bool("small", false, "measure little data, to see whether everything runs: its ratios say nothing")
	asJSON := flags.Bool("json", false, "print JSON instead of a table")
	rounds := flags.Int("rounds", 0, "`times` to measure everything; the medians are shown")
	dir := flags.String("dir", "", "`folder` to measure in, such as one on a disk; by default one in memory, if there is room")
	if err := flags.Parse(args); err != nil {
		return err
	}
	chosen := full
	if *smaller {
		chosen = small
	}
	if *rounds > 0 {
		chosen.Rounds = *rounds
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if *dir == "" {
		*dir = memory()
	}
	return bench(ctx, chosen, *dir, *asJSON, os.Stdout)
}

// roomNeeded is more than all data takes.
const roomNeeded = 4 << 30

// memory is a folder that costs no disk, if the machine has one that is large enough, or that of temporary files.
// The engine that stands in for DynamoDB waits for the disk once for each item it writes, which DynamoDB does not.
func memory() string {
	const shared = "/dev/shm"
	var at unix.Statfs_t
	if err := unix.Statfs(shared, &at); err != nil || at.Bavail*uint64(at.Bsize) < roomNeeded {
		return os.TempDir()
	}
	return shared
}

// bench measures everything in a folder that is gone afterwards.
func bench(ctx context.Context, s size, base string, asJSON bool, output io.Writer) error {
	dir, err := os.MkdirTemp(base, "lethe-bench-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil { // PostgreSQL may run as another user
		return err
	}
	r := &report{size: s, where: base}
	if err := r.measure(ctx, dir); err != nil {
		return err
	}
	if asJSON {
		return r.json(output)
	}
	return r.print(output)
}
