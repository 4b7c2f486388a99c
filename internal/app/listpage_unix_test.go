//go:build unix

package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"lethe/internal/apigateway"
	"lethe/internal/customer"
	"lethe/internal/dynamo"
	"lethe/internal/engine"
	"lethe/internal/template"
	"lethe/internal/web"
)

// shelf stands for DynamoDB in a benchmark: it takes customers as the store writes them, and answers queries of the
// index. A query that it has answered before costs it next to nothing, so that a benchmark shows Lethe's own time.
type shelf struct {
	index template.Index

	mu       sync.Mutex
	entries  map[string][]stored // by partition, in the order of their sort keys
	answers  map[string][]byte   // by request
	returned int                 // entries
}

// stored is an entry of the index: its sort key, its attributes, and its size as DynamoDB bills it.
type stored struct {
	key   string
	entry map[string]json.RawMessage
	size  int
}

func newShelf(b *testing.B) *shelf {
	b.Helper()
	root, err := engine.ModuleRoot()
	if err != nil {
		b.Fatal(err)
	}
	declared, err := template.Load(filepath.Join(root, "template.yaml"), map[string]string{"JwtIssuer": "https://issuer.example", "JwtAudience": "lethe"})
	if err != nil {
		b.Fatal(err)
	}
	table := declared.Tables[slices.IndexFunc(declared.Tables, func(t template.Table) bool { return t.ID == "Table" })]
	at := slices.IndexFunc(table.Indexes, func(i template.Index) bool { return i.Name == "lists" })
	return &shelf{index: table.Indexes[at], entries: map[string][]stored{}, answers: map[string][]byte{}}
}

// Do answers a request to DynamoDB.
func (s *shelf) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	answer, known := s.answers[string(body)]
	if !known {
		switch _, action, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "."); action {
		case "TransactWriteItems":
			answer, err = []byte(`{}`), s.write(body)
		case "Query":
			answer, err = s.query(body)
			s.answers[string(body)] = answer
		default:
			err = fmt.Errorf("unexpected %s", action)
		}
	}
	return &http.Response{
		StatusCode: http.StatusOK, Request: r, Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}},
		Body: io.NopCloser(bytes.NewReader(answer)), ContentLength: int64(len(answer)),
	}, err
}

// write keeps the entry of each item that has one.
func (s *shelf) write(body []byte) error {
	var request struct {
		TransactItems []struct {
			Put struct{ Item map[string]json.RawMessage }
		}
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return err
	}
	for _, write := range request.TransactItems {
		item := write.Put.Item
		if item["ipk"] == nil {
			continue
		}
		kept, size := map[string]json.RawMessage{}, 0
		for _, name := range append([]string{"pk", "sk", "ipk", "isk"}, s.index.Include...) {
			if value, there := item[name]; there {
				kept[name], size = value, size+len(name)+billed(value)
			}
		}
		list := textOf(item["ipk"])
		s.entries[list] = append(s.entries[list], stored{textOf(item["isk"]), kept, size})
	}
	return nil
}

func textOf(value json.RawMessage) string {
	var typed struct{ S string }
	_ = json.Unmarshal(value, &typed)
	return typed.S
}

// billed returns the number of bytes that DynamoDB bills for a value.
func billed(raw json.RawMessage) int {
	var typed struct {
		S, N *string
		M    map[string]json.RawMessage
	}
	_ = json.Unmarshal(raw, &typed)
	switch {
	case typed.S != nil:
		return len(*typed.S)
	case typed.N != nil:
		return (len(*typed.N)+1)/2 + 1
	case typed.M != nil:
		size := 3
		for name, value := range typed.M {
			size += 1 + len(name) + billed(value)
		}
		return size
	}
	return 1
}

// query answers a query that reads backwards: with entries before the sort key in the condition and before the start key.
func (s *shelf) query(body []byte) ([]byte, error) {
	var q struct {
		ExpressionAttributeValues map[string]json.RawMessage
		ExclusiveStartKey         map[string]json.RawMessage
		Limit                     int
		ProjectionExpression      string
		ExpressionAttributeNames  map[string]string
	}
	if err := json.Unmarshal(body, &q); err != nil {
		return nil, err
	}
	var all []stored
	before := "~"
	for _, value := range append(slices.Collect(maps.Values(q.ExpressionAttributeValues)), q.ExclusiveStartKey["isk"]) {
		switch text := textOf(value); {
		case s.entries[text] != nil:
			all = s.entries[text]
		case text != "":
			before = min(before, text)
		}
	}
	to := sort.Search(len(all), func(i int) bool { return all[i].key >= before })
	from := max(0, to-q.Limit)
	items, size := make([]map[string]json.RawMessage, 0, q.Limit), 0
	for _, e := range slices.Backward(all[from:to]) {
		items, size = append(items, e.projected(q.ProjectionExpression, q.ExpressionAttributeNames)), size+e.size
	}
	answer := map[string]any{
		"Items": items, "Count": len(items), "ScannedCount": len(items),
		"ConsumedCapacity": map[string]any{"TableName": "t", "CapacityUnits": float64((size+4095)/4096) / 2},
	}
	if from > 0 {
		answer["LastEvaluatedKey"] = all[from].projected("pk, sk, ipk, isk", nil)
	}
	s.returned += len(items)
	return json.Marshal(answer)
}

// projected returns the attributes of an entry that a projection names, all if it is empty.
func (e stored) projected(expression string, aliases map[string]string) map[string]json.RawMessage {
	if expression == "" {
		return e.entry
	}
	chosen := map[string]json.RawMessage{}
	for name := range strings.SplitSeq(expression, ", ") {
		if alias, there := aliases[name]; there {
			name = alias
		}
		if value, there := e.entry[name]; there {
			chosen[name] = value
		}
	}
	return chosen
}

// BenchmarkListPage measures Lethe's own time for pages of active customers, from the event of the gateway to its answer.
// The answers of DynamoDB are recorded ones.
func BenchmarkListPage(b *testing.B) {
	s := newShelf(b)
	a, _ := over(s, "http://aws")
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 5000 {
		a.service.Clock = func() time.Time { return start.Add(time.Duration(i) * time.Second) }
		profile := customer.Profile{
			Organisation: "Alfreds Futterkiste GmbH", FirstName: "Maria", LastName: "Anders",
			Email: fmt.Sprintf("maria.%d@alfreds.example", i), Phone: "+49 30 0074321", Consents: map[string]bool{"newsletter": true},
		}
		if _, err := a.service.Create(b.Context(), "", profile, customer.Change{By: "ann"}); err != nil {
			b.Fatal(err)
		}
	}
	serve := apigateway.Authorized(web.New(a.Service(), a.Operations(), a.Access(), web.Options{Log: a.Log()}), a.GroupsClaim(), web.WithIdentity)
	for _, limit := range []int{5, 20, 50, 100, 200} {
		b.Run(fmt.Sprint("limit=", limit), func(b *testing.B) { benchmarkPage(b, serve, s, limit) })
	}
}

func benchmarkPage(b *testing.B, serve apigateway.Handle, s *shelf, limit int) {
	b.Helper()
	event := byAdmin(http.MethodGet, "/v1/customers")
	event.RawQueryString = fmt.Sprint("limit=", limit)
	ctx, usage := dynamo.Metered(b.Context())
	clear(s.answers)
	s.returned = 0
	read := func(ctx context.Context) {
		got, err := serve(ctx, event)
		if err != nil || got.StatusCode != http.StatusOK || strings.Count(got.Body, `"version"`) != limit {
			b.Fatalf("%v: %d %s", err, got.StatusCode, got.Body)
		}
	}
	read(ctx)
	cost, returned := usage(), s.returned
	read(b.Context()) // asks for no capacity: another request
	b.ReportAllocs()
	before := processorTime(b)
	for b.Loop() {
		read(b.Context())
	}
	b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
	b.ReportMetric(float64(returned), "entries/op")
	b.ReportMetric(cost.ReadUnits, "read-units/op")
	b.ReportMetric(float64(cost.Requests), "requests/op")
}

// processorTime returns the time that all processors have worked for this process. Unlike the time on the wall, other
// processes don't change it much.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
