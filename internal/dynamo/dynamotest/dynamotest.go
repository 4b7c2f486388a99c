// Package dynamotest creates a table and a ledger for a test, as the template declares them, on the
// engine that LETHE_ENGINE names.
package dynamotest

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"lethe/internal/customer"
	"lethe/internal/deploy"
	"lethe/internal/dynamo"
	"lethe/internal/engine"
	"lethe/internal/engine/enginetest"
	"lethe/internal/template"
)

// parameters are the values of parameters that the template requires and tests do not use.
var parameters = map[string]string{"JwtIssuer": "https://issuer.example", "JwtAudience": "lethe"}

// Tables are the tables of one system.
type Tables struct {
	Config aws.Config // without a meter, for checks of the raw tables
	Name   string
	Ledger string
}

// New creates tables with names of their own.
func New(t testing.TB) Tables {
	t.Helper()
	root, err := engine.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	declared, err := template.Load(filepath.Join(root, "template.yaml"), parameters)
	if err != nil {
		t.Fatal(err)
	}
	suffix := customer.NewID()
	tables := Tables{Config: enginetest.DynamoDB(t), Name: "main-" + suffix, Ledger: "ledger-" + suffix}
	client := dynamodb.NewFromConfig(tables.Config)
	for _, table := range declared.Tables {
		name := tables.Name
		if table.ID == "Ledger" {
			name = tables.Ledger
		}
		if _, err := deploy.Table(t.Context(), client, table, name); err != nil {
			t.Fatal(err)
		}
	}
	return tables
}

// Open returns the store and the ledger in the tables, with clients of the configuration:
// ts.Config, or a copy of it that counts requests or makes them fail.
func (ts Tables) Open(cfg aws.Config) (*dynamo.Table, *dynamo.Ledger) {
	store := dynamo.New(cfg, dynamo.Options{
		Name: ts.Name, Shards: 4, Grace: time.Hour, Audit: customer.PeriodOf(400 * 24 * time.Hour),
	})
	return store, dynamo.NewLedger(cfg, ts.Ledger)
}
