package dynamo_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"lethe/internal/bulk"
	"lethe/internal/customer"
)

// twice sends every request two times, as the SDK does after a lost answer. The caller gets the
// second answer.
type twice struct{ aws.HTTPClient }

func (d twice) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	first := r.Clone(r.Context())
	first.Body = io.NopCloser(bytes.NewReader(body))
	lost, err := d.HTTPClient.Do(first)
	if err != nil {
		return nil, err
	}
	if err := lost.Body.Close(); err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return d.HTTPClient.Do(r)
}

// TestARepeatedRequestSucceeds creates, freezes and takes with every request sent twice. A second Take is refused.
func TestARepeatedRequestSucceeds(t *testing.T) {
	t.Parallel()
	s := newSuite(t)
	cfg := s.world.Config
	cfg.HTTPClient = twice{cfg.HTTPClient}
	store, _ := s.world.Open(cfg)
	ctx, now, operations := t.Context(), s.world.Clock.Now(), store.Operations()
	op := bulk.Operation{ID: customer.NewID(), Action: "delete", By: "admin", State: bulk.Running, Version: 1, Created: now, Chunks: 1}
	if err := operations.Create(ctx, op, nil); err != nil {
		t.Fatal(err)
	}
	op.Version++
	if err := operations.Freeze(ctx, op, []bulk.Chunk{{Subjects: []bulk.Subject{{ID: "a"}}, Outcomes: make([]bulk.Outcome, 1)}}); err != nil {
		t.Fatal(err)
	}
	c, err := operations.Take(ctx, op, 0, now, now.Add(time.Minute))
	if err != nil || c.Attempts != 1 || len(c.Subjects) != 1 {
		t.Fatalf("%+v, %v", c, err)
	}
	_, err = operations.Take(ctx, op, 0, now, now.Add(time.Minute))
	refuses(t, err, bulk.ErrTaken)
}
