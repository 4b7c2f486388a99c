package main

import (
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/local/demo"
)

// TestABackupComesBack purges a crowd, restores an earlier backup of the table, and purges the customers in the ledger again,
// through the whole system. Then an auditor verifies the ledger.
func TestABackupComesBack(t *testing.T) {
	if testing.Short() {
		t.Skip("it imports a crowd, and purges it twice")
	}
	const crowd = 20
	const purged = crowd - 1
	r := launch(t, func(o *options) { o.Schedule = false })
	r.settle(t, "P30D", kind{"ticket", "cascade"}, kind{"contract", "restrict"})
	r.bringCrowd(t, "c", crowd)
	saved := filepath.Join(t.TempDir(), "checkpoint.json")
	r.do(t, http.MethodPost, customerPath("c0001")+"/records", map[string]any{"kind": "contract", "id": "1"}).want(t, http.StatusCreated, "")
	r.do(t, http.MethodDelete, customerPath("c0002"), nil).want(t, http.StatusOK, "")
	backup := r.backup(t)

	r.do(t, http.MethodDelete, customerPath("c0001")+"/records/contract~1", nil).want(t, http.StatusNoContent, "")
	others := map[string]any{"filter": map[string]any{"state": "active", "search": "crowd"}, "exclude": []string{"c0019"}}
	r.operate(t, purged-1, "delete", others)
	r.operate(t, purged, "purge", map[string]any{"trash": true})
	r.audit(t, "--save-checkpoint", saved)
	untouched := r.records(t, "c0019")

	r.putBack(t, backup)
	if c := r.customer(t, "c0001"); c.State != "active" || c.Records["contract"] != 1 {
		t.Fatalf("the backup is not back: %+v", c)
	}
	replay := r.operate(t, purged, "replay", map[string]any{"ledger": true})
	t.Logf("replay: estimated %+v, took %+v", replay.Estimate, replay.Actual)
	if replay.Impact.Customers != purged || replay.Impact.Records["contract"] != 1 {
		t.Errorf("the impact is %+v", replay.Impact)
	}
	for i := range purged {
		r.get(t, customerPath(fmt.Sprintf("c%04d", i))).want(t, http.StatusGone, "PURGED")
	}
	if r.customer(t, "c0019").State != "active" || r.records(t, "c0019") != untouched {
		t.Error("a customer that is not in the ledger has changed")
	}
	r.operate(t, 0, "replay", map[string]any{"ledger": true})
	r.audit(t, "--checkpoint", saved)
	r.check(t, templateGrace)
}

// backup returns all items of the main table.
func (r *running) backup(t *testing.T) (items []map[string]types.AttributeValue) {
	t.Helper()
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(r.dynamoDB.config), &dynamodb.ScanInput{
		TableName: aws.String(r.resources.Tables["Table"].Name), ConsistentRead: aws.Bool(true),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, page.Items...)
	}
	return items
}

func (r *running) putBack(t *testing.T, items []map[string]types.AttributeValue) {
	t.Helper()
	db := dynamodb.NewFromConfig(r.dynamoDB.config)
	for _, it := range items {
		if _, err := db.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(r.resources.Tables["Table"].Name), Item: it}); err != nil {
			t.Fatal(err)
		}
	}
}

// audit runs the verifier as an auditor does.
func (r *running) audit(t *testing.T, options ...string) {
	t.Helper()
	token, err := tokenOf(t.Context(), r.issuer.URL, demo.Owner)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "go", append([]string{"run", "lethe/cmd/lethe", "verify", "--api", r.base, "--token", token}, options...)...)
	out, err := command.CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
	t.Logf("%s", out)
}
