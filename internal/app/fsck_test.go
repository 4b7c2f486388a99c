package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/bulk"
	"lethe/internal/customer"
	"lethe/internal/engine"
)

// write puts an item into the main table without any checks. If it has no attributes except its key, it
// removes the item.
func write(t *testing.T, pk, sk string, attributes ...types.AttributeValueMemberS) {
	t.Helper()
	c, err := ReadConfig()
	if err != nil {
		t.Fatal(err)
	}
	it := map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk}}
	client := dynamodb.NewFromConfig(engine.Config(c.DynamoDBURL))
	if len(attributes) == 0 {
		_, err = client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &c.Table, Key: it})
	} else {
		for i := 0; i < len(attributes); i += 2 {
			it[attributes[i].Value] = &attributes[i+1]
		}
		_, err = client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &c.Table, Item: it})
	}
	if err != nil {
		t.Fatal(err)
	}
}

func words(all ...string) (values []types.AttributeValueMemberS) {
	for _, s := range all {
		values = append(values, types.AttributeValueMemberS{Value: s})
	}
	return values
}

// damageEverything writes several kinds of wrong items, for prepare's customers and others.
func damageEverything(t *testing.T) {
	t.Helper()
	write(t, "S#ze", "zebra#"+heldID, words("x", "y")...)
	write(t, "E#zebra@example.com", "#", words("customer", heldID)...)
	write(t, "E#"+heldID+"@example.com", "#")
	write(t, "C#nobody", "R#ticket#1", words("kind", "ticket")...)
	write(t, "I#abc", "#", words("x", "y")...)
	write(t, "O#nothing", "F#000000", words("subjects", "[]")...)
	write(t, "Z#1", "#", words("x", "y")...)
}

// fsck checks and repairs the tables with an operation. It returns the planned and the ended
// operation.
func (a *App) fsck(t *testing.T) (planned, ended bulk.Operation) {
	t.Helper()
	return a.fsckBy(t, t.Context(), t.Context())
}

// fsckBy is fsck with the contexts of the functions api and work.
func (a *App) fsckBy(t *testing.T, api, work context.Context) (planned, ended bulk.Operation) {
	t.Helper()
	op, err := a.operations.Create(api, bulk.Operation{ID: customer.NewID(), Action: "fsck", By: "test"}, []byte(`{"tables":true}`))
	for err == nil && op.State == bulk.Planning {
		if err = a.operations.Do(work, bulk.Work{Operation: op.ID, Chunk: bulk.PlanWork}); err == nil {
			op, err = a.operations.Operation(api, op.ID)
		}
	}
	planned = op
	if err == nil {
		op, err = a.operations.Apply(api, op.ID, bulk.Approval{Digest: op.Digest, Acknowledged: true})
	}
	for seq := 0; err == nil && seq < op.Chunks; seq++ {
		err = a.operations.Do(work, bulk.Work{Operation: op.ID, Chunk: seq})
	}
	if err == nil {
		op, err = a.operations.Operation(api, op.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	return planned, op
}

// TestFsckAsAnOperation plans the check, applies the repair, and reads the report through the API.
func TestFsckAsAnOperation(t *testing.T) {
	a := newApp(t)
	prepare(t, a)
	damageEverything(t)
	planned, ended := a.fsck(t)
	if got, want := fmt.Sprint(planned.Impact.Counts), "map[CLAIM_MISSING:1 NOTE_KEPT:1 ORPHAN_CLAIM:1 ORPHAN_RECORD:1 ORPHAN_TERM:1 STRANDED_CHUNK:1]"; got != want {
		t.Errorf("to be repaired: %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(planned.Impact.Refused), "map[UNKNOWN_ITEM:1]"; got != want {
		t.Errorf("to be reported: %s, want %s", got, want)
	}
	if ended.State != bulk.Succeeded || ended.Tally.Done != 6 || ended.Tally.Usage.WriteUnits == 0 {
		t.Errorf("ended as %s: %+v", ended.State, ended.Tally)
	}
	text := a.get(t, "/v1/operations/"+ended.ID+"/items")
	var page struct {
		Items []struct{ Customer, Outcome, Code, Finding string }
	}
	if err := json.Unmarshal([]byte(text), &page); err != nil {
		t.Fatal(err)
	}
	for _, want := range []struct{ Customer, Outcome, Code, Finding string }{
		{heldID, "done", "", "CLAIM_MISSING"}, {"nobody", "done", "", "ORPHAN_RECORD"}, {"O#nothing #", "done", "", "STRANDED_CHUNK"},
	} {
		if !slices.Contains(page.Items, want) {
			t.Errorf("%+v is not in %s", want, text)
		}
	}
	if csv := a.get(t, "/v1/operations/"+ended.ID+"/items.csv"); !strings.HasPrefix(csv, "customer,outcome,code,finding\n") || strings.Count(csv, "\n") != 8 {
		t.Errorf("as CSV: %s", csv)
	}
	if strings.Contains(text, "zebra") {
		t.Errorf("the items contain a personal value: %s", text)
	}
	if again, _ := a.fsck(t); again.Impact.Eligible != 0 || again.Impact.Subjects != 1 {
		t.Errorf("after the repair: %+v", again.Impact)
	}
}

// TestFsckLeavesAloneWhatHasChanged repairs a finding by hand between the plan and its repair.
func TestFsckLeavesAloneWhatHasChanged(t *testing.T) {
	a := newApp(t)
	prepare(t, a)
	write(t, "S#ze", "zebra#"+heldID, words("x", "y")...)
	op, err := a.operations.Create(t.Context(), bulk.Operation{ID: customer.NewID(), Action: "fsck", By: "test"}, []byte(`{"tables":true}`))
	if err != nil || op.State != bulk.Ready || op.Impact.Eligible != 1 {
		t.Fatalf("%+v, %v", op, err)
	}
	write(t, "S#ze", "zebra#"+heldID)
	write(t, "S#zo", "zone#"+heldID, words("x", "y")...) // not in the plan
	if _, err := a.operations.Apply(t.Context(), op.ID, bulk.Approval{Digest: op.Digest, Acknowledged: true}); err != nil {
		t.Fatal(err)
	}
	if err := a.operations.Do(t.Context(), bulk.Work{Operation: op.ID}); err != nil {
		t.Fatal(err)
	}
	ended, err := a.operations.Operation(t.Context(), op.ID)
	if err != nil || ended.Tally.Codes["CHANGED"] != 1 || ended.Tally.Skipped != 1 {
		t.Errorf("%+v, %v", ended.Tally, err)
	}
	if again, _ := a.fsck(t); again.Impact.Counts["ORPHAN_TERM"] != 1 {
		t.Errorf("the repair changed a later item: %+v", again.Impact)
	}
}

func TestFsckSelectsTheTables(t *testing.T) {
	a := newApp(t)
	for _, body := range []string{
		`{"action":"fsck","selection":{"trash":true}}`, `{"action":"delete","selection":{"tables":true}}`, `{"action":"fsck","selection":{"tables":true,"trash":true}}`,
	} {
		if out := a.ask(t, http.MethodPost, "/v1/operations", body); out.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", body, out.StatusCode, out.Body)
		}
	}
	if out := a.ask(t, http.MethodPost, "/v1/operations", `{"action":"fsck","selection":{"tables":true}}`); out.StatusCode != http.StatusAccepted || !strings.Contains(out.Body, `"READY"`) {
		t.Errorf("%d %s", out.StatusCode, out.Body)
	}
}

func (a *App) get(t *testing.T, path string) string {
	t.Helper()
	out := a.ask(t, http.MethodGet, path, "")
	if out.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s", path, out.StatusCode, out.Body)
	}
	return out.Body
}

func (a *App) ask(t *testing.T, method, path, body string) events.APIGatewayV2HTTPResponse {
	t.Helper()
	out, err := a.HTTP(t.Context(), authenticated(method, path, body))
	if err != nil {
		t.Fatal(err)
	}
	return out
}
