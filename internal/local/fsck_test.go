package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// TestFsckRepairsARunningSystem removes items from a system's tables. fsck finds and repairs that: the schedule purges the
// items of a customer without a root, with a certificate.
func TestFsckRepairsARunningSystem(t *testing.T) {
	t.Parallel()
	r := launch(t, func(o *options) { o.Tick = 2 * time.Second })
	r.settle(t, "P30D", kind{"ticket", "cascade"})
	for _, id := range []string{"lethe-1", "lethe-2"} {
		r.do(t, http.MethodPost, "/v1/customers", map[string]any{"id": id, "organisation": "Lethe Wells", "email": id + "@lethe.example"}).want(t, http.StatusCreated, "")
		r.do(t, http.MethodPost, customerPath(id)+"/records", map[string]any{"kind": "ticket", "id": "1"}).want(t, http.StatusCreated, "")
	}
	r.do(t, http.MethodDelete, customerPath("lethe-2"), nil).want(t, http.StatusOK, "")
	eventually(t, "the deletion in the audit log", func() bool {
		log := decode[struct{ Entries []struct{ Action string } }](t, r.get(t, customerPath("lethe-2")+"/audit").want(t, http.StatusOK, ""))
		return len(log.Entries) > 0 && log.Entries[0].Action == "customer.deleted"
	})
	takeAway(t, r, "E#lethe-1@lethe.example", "#")
	takeAway(t, r, "C#lethe-2", "#")

	// A claim of one customer; of the other a record, the words lethe, wells and 2, and the claim.
	const wrong = 1 + 5
	found := r.operate(t, wrong, "fsck", map[string]any{"tables": true})
	if found.Impact.Records["CLAIM_MISSING"] != 1 || found.Impact.Records["ORPHAN_RECORD"] != 1 || found.Impact.Records["ORPHAN_CLAIM"] != 1 {
		t.Errorf("found %v", found.Impact.Records)
	}
	if cert := r.awaitCertificate(t, "lethe-2"); cert.Erased["ticket"] != 1 || cert.Residue != 0 {
		t.Errorf("certificate %+v", cert)
	}
	if again := r.operate(t, 0, "fsck", map[string]any{"tables": true}); again.Impact.Customers != 0 {
		t.Errorf("after the repair there is %v", again.Impact)
	}
	r.check(t, templateGrace, "wells", "lethe.example")
}

func takeAway(t *testing.T, r *running, pk, sk string) {
	t.Helper()
	_, err := dynamodb.NewFromConfig(r.dynamoDB.config).DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
		TableName: aws.String(r.resources.Tables["Table"].Name), ConditionExpression: aws.String("attribute_exists(pk)"),
		Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestASystemTellsWhereItsTablesAre reads the file that the command lethe reads, while the system runs and afterwards.
func TestASystemTellsWhereItsTablesAre(t *testing.T) {
	t.Parallel()
	s, err := start(context.WithoutCancel(t.Context()), trial(t))
	if err != nil {
		t.Fatal(err)
	}
	path := s.folder.file(runningFile)
	text, err := os.ReadFile(path)
	var told map[string]string
	if err == nil {
		err = json.Unmarshal(text, &told)
	}
	if err != nil || told["dynamodb"] != s.dynamoDB.endpoint() || told["table"] != stack+"Table" || told["ledger"] != stack+"Ledger" {
		t.Errorf("it tells %s, %v", text, err)
	}
	s.stop()
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("it tells so when it has stopped, too: %v", err)
	}
}
