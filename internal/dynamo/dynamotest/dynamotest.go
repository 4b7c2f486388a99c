// Package dynamotest gives tests a table and a ledger of their own, made as the
// template declares them, on the engine that LETHE_ENGINE names.
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

// Parameters that the template wants and tests have no use for.
var parameters = map[string]string{"JwtIssuer": "https://issuer.example", "JwtAudience": "lethe"}

// Tables are one system's tables.
type Tables struct {
	Config aws.Config // unmetered; what checks the tables from outside uses it
	Name   string
	Ledger string
}

// New makes tables that no other test has.
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

// Open is the store and the ledger in the tables, over clients of the configuration:
// that of the tables, or one made of it that counts or fails.
func (ts Tables) Open(cfg aws.Config) (*dynamo.Table, *dynamo.Ledger) {
	store := dynamo.New(cfg, dynamo.Options{
		Name: ts.Name, Shards: 4, Grace: time.Hour, Audit: customer.PeriodOf(400 * 24 * time.Hour),
	})
	return store, dynamo.NewLedger(cfg, ts.Ledger)
}
