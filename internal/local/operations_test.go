package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"
)

const (
	belonging = 50  // records of each customer
	inChunk   = 500 // customers of a chunk, as in internal/bulk
)

// operationView has the fields of an operation that the tests read.
type operationView struct {
	ID, Action, State, Digest string
	Applied, Ended            time.Time
	Impact                    struct {
		Customers, Eligible int
		Blocked             map[string]int
		Records             map[string]int
	}
	Progress struct {
		Done, Skipped, Failed, Left int
		Codes                       map[string]int
	}
	Estimate usageView
	Actual   usageView
}

type usageView struct {
	Requests              int
	WriteUnits, ReadUnits float64
}

// TestManyAtOnce deletes, restores, deletes and purges a crowd through the whole system, and compares the cost. LETHE_CROWD
// sets the size of the crowd.
func TestManyAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("it imports and purges a crowd")
	}
	crowd := sizeOf(t, "LETHE_CROWD", 100)
	r := launch(t, func(o *options) { o.Schedule = false })
	r.settle(t, "P30D", kind{"ticket", "cascade"})
	r.bringCrowd(t, "c", crowd)
	everybody := map[string]any{"filter": map[string]any{"state": "active", "search": "crowd"}}
	trash := map[string]any{"trash": true}

	deleted := r.operate(t, crowd, "delete", everybody)
	if deleted.Impact.Records["ticket"] != crowd*belonging {
		t.Errorf("the impact counts %v", deleted.Impact.Records)
	}
	// Besides one request for 25 customers, the worker of each chunk reads the operation.
	batches := (crowd + 24) / 25
	chunks := (crowd + inChunk - 1) / inChunk
	wantUsage(t, deleted, 3*crowd, batches+chunks)
	readings := chunks + crowd/inChunk*(inChunk/100) + (crowd%inChunk+99)/100 // of the operation, and of up to 100 customers of a chunk
	wantUsage(t, r.operate(t, crowd, "undo", map[string]any{"operation": deleted.ID}), 3*crowd, batches+readings)
	r.operate(t, crowd, "delete", everybody)
	wantUsage(t, r.operate(t, crowd, "restore", trash), 3*crowd, batches+readings)
	r.operate(t, crowd, "delete", everybody)

	items := r.countOfCustomers(t) + crowd // with the entries in the index of lists
	purged := r.operate(t, crowd, "purge", trash)
	t.Logf("there were %d items", items)
	const fence, certificate = 3, 2
	wantUsage(t, purged, (items+crowd*(fence+certificate))*105/100, (items/25+crowd*(query+readBack))*110/100)
	if left := r.countOfCustomers(t); left != 0 {
		t.Errorf("%d items are left", left)
	}
	r.check(t, templateGrace)
}

// Requests of a purge for each of many customers.
const query, readBack = 1, 1

func wantUsage(t *testing.T, op operationView, units, requests int) {
	t.Helper()
	chunks := (op.Impact.Customers + inChunk - 1) / inChunk
	requests += chunks * int(op.Ended.Sub(op.Applied)/time.Second) // the worker of each reads the operation again every second
	t.Logf("%s: estimated %+v, took %+v in %v, want at most %d write units and %d requests",
		op.Action, op.Estimate, op.Actual, op.Ended.Sub(op.Applied), units, requests)
	if op.Actual.WriteUnits > float64(units) || op.Actual.Requests > requests {
		t.Errorf("%s took too much", op.Action)
	}
}

// countOfCustomers counts the items of customers: roots, records, search terms and claims.
func (r *running) countOfCustomers(t *testing.T) int {
	t.Helper()
	count := 0
	pages := dynamodb.NewScanPaginator(dynamodb.NewFromConfig(r.dynamoDB.config), &dynamodb.ScanInput{
		TableName: aws.String(r.resources.Tables["Table"].Name), ConsistentRead: aws.Bool(true), Select: types.SelectCount,
		FilterExpression: aws.String("begins_with(pk, :customer) OR begins_with(pk, :term) OR begins_with(pk, :claim)"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":customer": &types.AttributeValueMemberS{Value: "C#"}, ":term": &types.AttributeValueMemberS{Value: "S#"},
			":claim": &types.AttributeValueMemberS{Value: "E#"},
		},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		count += int(page.Count)
	}
	return count
}

// bringCrowd imports customers with their records. The ids begin with a prefix. Each request has a part of them, so that a slow
// machine completes it in time.
func (r *running) bringCrowd(t *testing.T, prefix string, crowd int) {
	t.Helper()
	group := errgroup.Group{}
	group.SetLimit(4)
	for from := 0; from < crowd; from += 20 {
		customers, records := linesOf(prefix, from, min(from+20, crowd))
		group.Go(func() error {
			if err := r.brings(t.Context(), "customers", customers); err != nil {
				return err
			}
			return r.brings(t.Context(), "records", records)
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}

// brings imports lines, in as many requests as a slow machine takes for them. All of them must succeed.
func (a api) brings(ctx context.Context, what string, lines []byte) error {
	created := 0
	for from := 1; from > 0; {
		got, err := a.request(ctx, http.MethodPost, fmt.Sprintf("/v1/imports/%s?fromLine=%d", what, from), typeNDJSON, lines)
		if err != nil {
			return err
		}
		var part importView
		if err := json.Unmarshal(got.body, &part); err != nil || got.status != http.StatusOK || part.ResumeFromLine > 0 && part.ResumeFromLine <= from {
			return fmt.Errorf("an import of %s from line %d answered %d %s", what, from, got.status, got.body)
		}
		created, from = created+part.Created, part.ResumeFromLine
	}
	if want := bytes.Count(lines, []byte{'\n'}); created != want {
		return fmt.Errorf("an import of %s created %d of %d", what, created, want)
	}
	return nil
}

func linesOf(prefix string, from, to int) (customers, records []byte) {
	for i := from; i < to; i++ {
		id := fmt.Sprintf("%s%04d", prefix, i)
		customers = fmt.Appendf(customers, `{"id":%q,"organisation":"Crowd","email":"%s@example.com"}`+"\n", id, id)
		for n := range belonging {
			records = fmt.Appendf(records, `{"customer":%q,"key":"ticket~%d","data":{"text":"help"}}`+"\n", id, n)
		}
	}
	return customers, records
}

// operate plans an action, applies it unless it applies itself, and waits for its end. It must succeed for the whole crowd.
func (r *running) operate(t *testing.T, crowd int, action string, selection any) operationView {
	t.Helper()
	op := r.plan(t, action, selection)
	if op.State == "READY" {
		r.apply(t, op)
	}
	op = r.ended(t, op)
	if op.State != "SUCCEEDED" || op.Progress.Done != crowd {
		t.Fatalf("%s: %+v", action, op)
	}
	return op
}

// plan creates an operation, and returns when it is planned.
func (r *running) plan(t *testing.T, action string, selection any) operationView {
	t.Helper()
	request := map[string]any{"action": action, "selection": selection}
	op := decode[operationView](t, r.do(t, http.MethodPost, "/v1/operations", request).want(t, http.StatusAccepted, ""))
	eventually(t, action+" is planned", func() bool { op = r.operation(t, op.ID); return op.State != "PLANNING" })
	return op
}

func (r *running) operation(t *testing.T, id string) operationView {
	t.Helper()
	return decode[operationView](t, r.get(t, "/v1/operations/"+id).want(t, http.StatusOK, ""))
}

func (r *running) apply(t *testing.T, op operationView) {
	t.Helper()
	r.do(t, http.MethodPost, "/v1/operations/"+op.ID+"/apply", map[string]any{"digest": op.Digest, "acknowledged": true}).want(t, http.StatusAccepted, "")
}

// ended waits for an operation's end.
func (r *running) ended(t *testing.T, op operationView) operationView {
	t.Helper()
	// A large operation on a busy machine takes longer than everything else.
	within(t, patience+time.Duration(op.Impact.Customers)*time.Second, op.Action+" has ended", func() bool {
		op = r.operation(t, op.ID)
		return op.State != "PLANNING" && op.State != "READY" && op.State != "RUNNING" && op.State != "CANCELLING"
	})
	return op
}

type item struct{ Customer, Outcome, Code string }

// items returns all items of an operation, in order.
func (a api) items(t *testing.T, id string) []item {
	t.Helper()
	var all []item
	for cursor := ""; ; {
		page := decode[struct {
			Items      []item
			NextCursor string
		}](t, a.get(t, "/v1/operations/"+id+"/items?limit=50"+after(cursor)).want(t, http.StatusOK, ""))
		all = append(all, page.Items...)
		if cursor = page.NextCursor; cursor == "" {
			return all
		}
	}
}
