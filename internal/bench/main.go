// Command bench compares Lethe with a handwritten loop over the AWS SDK, PocketBase and PostgreSQL, in one run on one
// machine. It prints ratios, and below the table what they mean.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	if err := command(os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// size says how much data there is.
type size struct {
	Customers int // all of them
	Crowd     int // customers of these that are deleted and purged together
	Each      int // records of each customer of the crowd
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
	shown, err := bench(ctx, chosen, *dir, *asJSON)
	if err != nil {
		return err
	}
	_, err = shown.WriteTo(os.Stdout)
	return err
}

// bench measures everything in a temporary folder and returns the report. The caller prints it: a broken pipe ends the
// process, and the folder would stay.
func bench(ctx context.Context, s size, base string, asJSON bool) (*bytes.Buffer, error) {
	dir, err := makeFolder(base)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	r := &report{size: s, where: base}
	if err := r.measure(ctx, dir); err != nil {
		return nil, err
	}
	var shown bytes.Buffer
	if asJSON {
		return &shown, r.json(&shown)
	}
	return &shown, r.print(&shown)
}
