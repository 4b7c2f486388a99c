package dynamo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"lethe/internal/customer"
)

// contended is a table in which another writer comes first each time. A customer that it shows has changed since it was
// shown before, and moves between the lists.
type contended struct {
	conflict bool // transactions collide, else their last condition fails
	shown    int  // how often it showed the customer
	asked    map[string]int
}

func (f *contended) table() *Table {
	f.asked = map[string]int{}
	return New(aws.Config{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
		BaseEndpoint: aws.String("http://contended"), HTTPClient: f,
	}, Options{Name: "t", Shards: 1})
}

func (f *contended) Do(r *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	f.asked[operation]++
	switch operation {
	case "GetItem":
		return answering(http.StatusOK, map[string]any{"Item": f.customer()})
	case "Query":
		record := map[string]any{"pk": plain("C#c"), "sk": plain("R#ticket#1"), "kind": plain("ticket")}
		return answering(http.StatusOK, map[string]any{"Items": []any{record}})
	case "BatchGetItem":
		return answering(http.StatusOK, map[string]any{"UnprocessedKeys": map[string]any{
			"t": map[string]any{"Keys": []any{map[string]any{"pk": plain("P#totals#0"), "sk": plain("#")}}},
		}})
	case "UpdateItem":
		return failing("ConditionalCheckFailedException", map[string]any{"Item": f.customer()})
	case "TransactWriteItems":
		return f.cancel(r)
	default:
		return nil, fmt.Errorf("the fake does not know %s", operation)
	}
}

// cancel cancels a transaction, because of its last item.
func (f *contended) cancel(r *http.Request) (*http.Response, error) {
	var in struct{ TransactItems []json.RawMessage }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	reasons := make([]map[string]any, len(in.TransactItems))
	for i := range reasons {
		reasons[i] = map[string]any{"Code": "None"}
	}
	reasons[len(reasons)-1] = map[string]any{"Code": "TransactionConflict"}
	if !f.conflict {
		reasons[len(reasons)-1] = map[string]any{"Code": "ConditionalCheckFailed", "Item": f.customer()}
	}
	return failing("TransactionCanceledException", map[string]any{"CancellationReasons": reasons})
}

func failing(code string, body map[string]any) (*http.Response, error) {
	body["__type"], body["message"] = "com.amazonaws.dynamodb.v20120810#"+code, code
	return answering(http.StatusBadRequest, body)
}

// customer is in the trash at every second time.
func (f *contended) customer() map[string]any {
	f.shown++
	const at = "2026-11-30T12:00:00.000Z"
	it := map[string]any{
		"pk": plain("C#c"), "sk": plain("#"), "state": plain("active"), "created": plain(at + "#c"),
		"last": map[string]any{"M": map[string]any{"id": plain(fmt.Sprint("other-", f.shown)), "at": plain(at)}},
	}
	if f.shown%2 == 1 {
		it["state"] = plain("deleted")
		it["deletion"] = map[string]any{"M": map[string]any{"g": plain("d")}}
	}
	return it
}

func plain(text string) map[string]any { return map[string]any{"S": text} }

// TestARequestThatIsGivenUpIsBusy counts the attempts of each kind of request that others keep from success.
func TestARequestThatIsGivenUpIsBusy(t *testing.T) {
	ch := customer.Change{ID: "mine", Action: customer.ActionBlocked}
	once := ch
	once.Once = &customer.Once{Key: "k", Fingerprint: "f"}
	for _, tt := range []struct {
		name, operation string
		table           contended
		request         func(context.Context, *Table) error
		attempts        int
		says            string
	}{
		{"a transaction that collides", "TransactWriteItems", contended{conflict: true}, func(ctx context.Context, table *Table) error {
			return table.Create(ctx, customer.Customer{ID: "c", State: customer.Active, Last: ch})
		}, maxConflicts, "a transaction (writes: 1)"},
		{"a hold on a customer that moves", "UpdateItem", contended{}, func(ctx context.Context, table *Table) error {
			_, err := table.Hold(ctx, "c", "case", customer.Change{ID: "mine", Action: customer.ActionHoldPlaced})
			return err
		}, maxConflicts, string(customer.ActionHoldPlaced)},
		{"a change under a key", "TransactWriteItems", contended{}, func(ctx context.Context, table *Table) error {
			_, err := table.SetBlocked(ctx, "c", true, once)
			return err
		}, maxConflicts, string(customer.ActionBlocked)},
		{"a record to which children are added", "TransactWriteItems", contended{}, func(ctx context.Context, table *Table) error {
			return table.RemoveRecord(ctx, "c", customer.Key{{Kind: "ticket", ID: "1"}}, ch)
		}, maxConflicts, "remove records"},
		{"a batch that is never read to its end", "BatchGetItem", contended{}, func(ctx context.Context, table *Table) error {
			_, err := table.Totals(ctx)
			return err
		}, maxBatchReads, "a batch of reads"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				err := tt.request(t.Context(), tt.table.table())
				if !errors.Is(err, customer.ErrBusy) {
					t.Fatalf("error is %v, want %v", err, customer.ErrBusy)
				}
				if tried := fmt.Sprintf("%s: %d attempts", tt.says, tt.attempts); !strings.Contains(err.Error(), tried) {
					t.Errorf("error is %q, want one that says %q", err, tried)
				}
				if got := tt.table.asked[tt.operation]; got != tt.attempts {
					t.Errorf("%d requests, want %d", got, tt.attempts)
				}
				var collided *types.TransactionCanceledException
				if got := errors.As(err, &collided); got != tt.table.conflict {
					t.Errorf("the error has the cancelled transaction: %t, want %t", got, tt.table.conflict)
				}
			})
		})
	}
}
