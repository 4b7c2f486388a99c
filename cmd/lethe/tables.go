package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// tables are the options that locate the tables.
type tables struct {
	table, ledger, endpoint string
	local                   bool
	dir                     string
}

func (t *tables) flags(flags *flag.FlagSet) {
	flags.StringVar(&t.table, "table", "", "`name` of the main table: the stack's output TableName")
	flags.StringVar(&t.ledger, "ledger", "", "`name` of the ledger: the stack's output LedgerName")
	flags.StringVar(&t.endpoint, "endpoint", "", "`address` of a DynamoDB other than AWS's, such as http://127.0.0.1:8000")
	flags.BoolVar(&t.local, "local", false, "use the system that make run has started on this machine")
	flags.StringVar(&t.dir, "dir", ".lethe", "with --local: the `folder` in which the system keeps its data")
}

// open locates the tables, and returns the configuration for their clients.
func (t *tables) open(ctx context.Context) (aws.Config, error) {
	if t.local {
		if err := t.find(); err != nil {
			return aws.Config{}, err
		}
	}
	if t.table == "" || t.ledger == "" {
		return aws.Config{}, errors.New("name the tables with --table and --ledger, or give --local; see --help")
	}
	var options []func(*config.LoadOptions) error
	if loopback(t.endpoint) && os.Getenv("AWS_ACCESS_KEY_ID") == "" {
		options = append(options, config.WithRegion("us-east-1"),
			config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("local", "local", "")))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return cfg, fmt.Errorf("configuration of AWS: %w", err)
	}
	if t.endpoint != "" {
		cfg.BaseEndpoint = &t.endpoint
	}
	return cfg, nil
}

// find reads the names and the address of the tables from the file that the local system writes while it
// runs.
func (t *tables) find() error {
	text, err := os.ReadFile(filepath.Join(t.dir, "running.json"))
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("no system runs in the folder %s: start one with `make run`, or name its folder with --dir", t.dir)
	}
	if err != nil {
		return err
	}
	var running struct{ DynamoDB, Table, Ledger string }
	if err := json.Unmarshal(text, &running); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(t.dir, "running.json"), err)
	}
	t.table, t.ledger, t.endpoint = running.Table, running.Ledger, running.DynamoDB
	return nil
}

// loopback reports whether an address is on this machine. Engines there accept any credentials.
func loopback(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}
